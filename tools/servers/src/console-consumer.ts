import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { jars } from "./jars.ts";

/**
 * Reads a topic from its beginning with Kafka's own console consumer, as read_committed, and gives the values as lines of text: the judge of what a
 * transaction has left. Ends when `enough` says so of the last line, and fails when nothing more comes for a while before that.
 */
export async function consoleConsumer(endpoint: string, topic: string, enough: (line: string) => boolean): Promise<readonly string[]> {
  const lib = join(await jars("kafka"), "*");
  const jvm = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const reading = ["--topic", topic, "--from-beginning", "--isolation-level", "read_committed", "--timeout-ms", "30000"];
  const program = ["org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", endpoint, ...reading];
  const child = spawn("java", ["-cp", lib, ...jvm, ...program], { stdio: ["ignore", "pipe", "ignore"] });
  const gone = once(child, "exit");
  const lines: string[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (enough(line)) return lines;
    }
    throw new Error(`The console consumer ended after ${lines.length} lines of topic "${topic}", before it had read enough.`);
  } finally {
    child.kill("SIGKILL");
    await gone;
  }
}
