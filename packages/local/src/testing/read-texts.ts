import type { LogBatch, LogSource, PartitionId, Payload, StartPosition } from "@spillway/spec";

/** Reads from a partition until so many messages have come. Resolves to the batches they came in. */
export async function readBatches(
  source: LogSource<Payload>,
  partition: PartitionId,
  from: StartPosition,
  count: number,
): Promise<readonly LogBatch<Payload>[]> {
  const batches: LogBatch<Payload>[] = [];
  let missing = count;
  for await (const batch of source.read(partition, { from, signal: AbortSignal.timeout(60_000) })) {
    batches.push(batch);
    missing -= batch.messages.length;
    if (missing <= 0) break;
  }
  return batches;
}

/** Reads from a partition until so many messages have come. Resolves to their payloads as text. */
export async function readTexts(
  source: LogSource<Payload>,
  partition: PartitionId,
  from: StartPosition,
  count: number,
): Promise<readonly (string | undefined)[]> {
  const batches = await readBatches(source, partition, from, count);
  return batches.flatMap(({ messages }) => messages.map(({ value }) => (value === null ? undefined : Buffer.from(value).toString())));
}
