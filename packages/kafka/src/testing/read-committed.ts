import { readWholeTopic } from "@spillway-tools/servers";
import type { TestTopic } from "./test-topic.ts";

/** What a read_committed consumer sees of a test's topic. It is Kafka's own, because kafkajs's lets aborted records through where several transactions overlap. */
export function readCommitted(endpoint: string, { topic }: TestTopic): Promise<readonly string[]> {
  return readWholeTopic(endpoint, topic);
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
