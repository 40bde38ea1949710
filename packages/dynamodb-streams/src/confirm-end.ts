import { SpillwayError } from "@spillway/spec";
import type { ViewType } from "./change.ts";
import { describeStream } from "./describe-stream.ts";
import { isNamed, streamError } from "./stream-error.ts";
import type { StreamShardReader } from "./stream-shard-reader.ts";

/**
 * Makes sure that a shard has ended: the engine takes the end for final, and then its children start. Resolves when the stream's description shows it
 * closed, continued by a child, or not at all; rejects as transient while it looks open.
 */
export async function confirmEnd<View extends ViewType>(
  { client, arn, shardId }: StreamShardReader<View>,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { isOver, shards } = await describeStream(client, arn, signal);
    const shard = shards.find(({ ShardId }) => ShardId === shardId);
    const isClosed =
      shard?.SequenceNumberRange?.EndingSequenceNumber !== undefined || shards.some(({ ParentShardId }) => ParentShardId === shardId);
    if (shard === undefined || isClosed || isOver) return;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // All of it is older than 24 hours.
    if (isNamed(error, "ResourceNotFoundException")) return;
    throw streamError(error, `Confirming the end of shard ${shardId}`);
  }
  throw new SpillwayError(`Shard ${shardId} gave no further iterator, but its stream describes it as open. It is read again.`, {
    code: "SPILLWAY_TABLE_STREAM_FAILED",
  });
}
