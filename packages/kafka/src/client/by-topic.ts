import type { TopicPartition } from "./kafka-port.ts";

/** Partitions as requests carry them: gathered by their topic. */
export function byTopic<T extends TopicPartition>(
  items: readonly T[],
): readonly { readonly topic: string; readonly partitions: readonly T[] }[] {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const some = topics.get(item.topic);
    if (some === undefined) topics.set(item.topic, [item]);
    else some.push(item);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}
