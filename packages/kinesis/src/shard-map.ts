import type { KinesisClient, Shard } from "@aws-sdk/client-kinesis";
import type { HashKey } from "./hash-key.ts";
import type { KinesisStream } from "./kinesis-stream.ts";
import { listShards } from "./list-shards.ts";
import { isWithin, rangeOf, type ShardRange } from "./shard-range.ts";

/** Foretells which shard takes a record. */
export interface ShardMap {
  /** The open shard that a hash key belongs to; undefined where the listing shows none, as in the midst of a split. */
  shardOf(hashKey: HashKey): string | undefined;
  /** Whether a shard, open or closed, holds this hash key. */
  holds(shardId: string, hashKey: HashKey): boolean;
}

interface NamedRange extends ShardRange {
  readonly shardId: string;
}

/** Asks for a stream's shards as they are now. */
export async function readShardMap(client: KinesisClient, stream: KinesisStream, signal: AbortSignal): Promise<ShardMap> {
  const listed = await listShards(client, stream, signal);
  const ranges = new Map(listed.map((shard) => [shard.ShardId, rangeOf(shard)]));
  const open = listed
    .filter(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined)
    .map(named)
    .sort((one, other) => (one.first < other.first ? -1 : 1));

  return {
    shardOf(hashKey) {
      const found = lastNotAfter(open, hashKey);
      return found === undefined || hashKey > found.last ? undefined : found.shardId;
    },
    holds(shardId, hashKey) {
      const range = ranges.get(shardId);
      return range !== undefined && isWithin(range, hashKey);
    },
  };
}

function named(shard: Shard): NamedRange {
  return { shardId: shard.ShardId ?? "", ...rangeOf(shard) };
}

function lastNotAfter(ranges: readonly NamedRange[], hashKey: HashKey): NamedRange | undefined {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle];
    if (range !== undefined && range.first <= hashKey) low = middle + 1;
    else high = middle;
  }
  return ranges[low - 1];
}
