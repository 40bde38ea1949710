import { type Partition, SpillwayError } from "@spillway/spec";
import type { ViewType } from "./change.ts";
import { type DescribedStream, describeStream, labelOf } from "./describe-stream.ts";
import { isNamed, streamError } from "./stream-error.ts";
import { partitionOf } from "./stream-partitions.ts";
import type { StreamShardReader } from "./stream-shard-reader.ts";

/**
 * Makes sure that a shard has ended, because the engine takes the end for final, and then its children start. Resolves to the children that its stream names;
 * to none where there are none yet and it is closed. Rejects as transient while it looks open.
 */
export async function childrenAtEnd<View extends ViewType>(
  reader: StreamShardReader<View>,
  signal: AbortSignal,
): Promise<readonly Partition[]> {
  const { arn, shardId, partition } = reader;
  const named = await described(reader, signal, shardId);
  // A server that does not know the filter names every shard.
  const children = named?.shards.filter(({ ParentShardId }) => ParentShardId === shardId) ?? [];
  if (children.length === 0) await confirmClosed(reader, signal);
  return children.map(({ ShardId = "" }) => ({ id: partitionOf(labelOf(arn), ShardId), parents: [partition] }));
}

/** Resolves when the stream's description shows the shard closed, continued by a child, or not at all; rejects as transient while it looks open. */
export async function confirmClosed<View extends ViewType>(reader: StreamShardReader<View>, signal: AbortSignal): Promise<void> {
  const { shardId } = reader;
  const stream = await described(reader, signal);
  const shard = stream?.shards.find(({ ShardId }) => ShardId === shardId);
  const isContinued = stream?.shards.some(({ ParentShardId }) => ParentShardId === shardId) === true;
  const isClosed = shard?.SequenceNumberRange?.EndingSequenceNumber !== undefined || isContinued;
  if (stream === undefined || shard === undefined || isClosed || stream.isOver) return;
  throw new SpillwayError(`Shard ${shardId} gave no further iterator, but its stream describes it as open. It is read again.`, {
    code: "SPILLWAY_TABLE_STREAM_FAILED",
  });
}

/** The stream's description; undefined when it is older than 24 hours, all of it, and forgotten. */
async function described<View extends ViewType>(
  { client, arn, shardId }: StreamShardReader<View>,
  signal: AbortSignal,
  childrenOf?: string,
): Promise<DescribedStream | undefined> {
  try {
    return await describeStream(client, arn, signal, childrenOf);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isNamed(error, "ResourceNotFoundException")) return undefined;
    // A server that refuses the filter is asked without.
    if (childrenOf !== undefined && isNamed(error, "ValidationException")) return undefined;
    throw streamError(error, `Confirming the end of shard ${shardId}`);
  }
}
