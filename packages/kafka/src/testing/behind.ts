import type { TestTopic } from "./test-topic.ts";

/** How many messages of a topic are beyond what a group has committed. */
export async function behind({ admin, topic }: TestTopic, groupId: string): Promise<number> {
  const [offsets, [group]] = await Promise.all([admin.fetchTopicOffsets(topic), admin.fetchOffsets({ groupId, topics: [topic] })]);
  const ends = offsets.reduce((sum, { high }) => sum + Number(high), 0);
  return (group?.partitions ?? []).reduce((sum, { offset }) => sum - Math.max(0, Number(offset)), ends);
}
