import { consoleConsumer } from "@spillway-tools/servers";
import type { TestTopic } from "./test-topic.ts";

const sentinel = "the end of what is counted";

/**
 * Reads all that a read_committed consumer sees of a topic that nobody writes to any more: values, each partition in order. The consumer is Kafka's own,
 * because kafkajs's lets aborted records through where several producers' transactions overlap.
 */
export async function readCommitted(endpoint: string, { topic, admin, send }: TestTopic): Promise<readonly string[]> {
  const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => partition);
  for (const partition of partitions) await send(partition, [{ value: sentinel }]);
  let open = partitions.length;
  const lines = await consoleConsumer(endpoint, topic, (line) => line === sentinel && --open === 0);
  return lines.filter((line) => line !== sentinel);
}

/** What is wrong with copies of a load: values that are missing or there twice, and keys whose values are out of order. */
export function faultsOfCopies(sent: ReadonlySet<string>, copies: readonly string[]): readonly string[] {
  const times = new Map<string, number>();
  const reached = new Map<string, number>();
  const faults: string[] = [];
  for (const copy of copies) {
    times.set(copy, (times.get(copy) ?? 0) + 1);
    const [key = "", number = ""] = copy.split("#");
    if (Number(number) < (reached.get(key) ?? -1)) faults.push(`${copy} came after ${reached.get(key)}`);
    reached.set(key, Number(number));
  }
  for (const value of sent) if (!times.has(value)) faults.push(`${value} is missing`);
  for (const [value, count] of times) if (count > 1) faults.push(`${value} is there ${count} times`);
  return faults;
}
