import type { LogBatch, PartitionId, Payload, StartPosition } from "@spillway/spec";
import type { KafkaSource } from "../kafka-source.ts";
import { partitionId } from "../partition-id.ts";

/** Reads batches of a partition until what they hold is enough. */
export async function readUntil(
  source: KafkaSource,
  topic: string,
  partition: number,
  from: StartPosition,
  enough: (batches: readonly LogBatch<Payload>[]) => boolean,
): Promise<readonly LogBatch<Payload>[]> {
  const batches: LogBatch<Payload>[] = [];
  const id: PartitionId = partitionId({ topic, partition });
  for await (const batch of source.read(id, { from, signal: AbortSignal.timeout(30_000) })) {
    batches.push(batch);
    if (enough(batches)) break;
  }
  return batches;
}

/** Reads this many messages and gives their values as text. */
export async function readValues(
  source: KafkaSource,
  topic: string,
  partition: number,
  from: StartPosition,
  count: number,
): Promise<readonly string[]> {
  const batches = await readUntil(source, topic, partition, from, (some) => some.flatMap(({ messages }) => messages).length >= count);
  return batches.flatMap(({ messages }) => messages.map(({ value }) => String(value)));
}
