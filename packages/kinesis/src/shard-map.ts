import type { KinesisClient, Shard } from "@aws-sdk/client-kinesis";
import { hashKeyFrom, type HashKey } from "./hash-key.ts";
import type { KinesisStream } from "./kinesis-stream.ts";
import { listShards } from "./list-shards.ts";

/** Foretells which shard takes a record. */
export interface ShardMap {
  /** The open shard that a hash key belongs to; undefined where the listing shows none, as in the midst of a split. */
  shardOf(hashKey: HashKey): string | undefined;
  /** Whether a shard, open or closed, holds this hash key. */
  holds(shardId: string, hashKey: HashKey): boolean;
}

interface ShardRange {
  readonly shardId: string;
  readonly first: HashKey;
  readonly last: HashKey;
}

/** Asks for a stream's shards as they are now. */
export async function readShardMap(client: KinesisClient, stream: KinesisStream, signal: AbortSignal): Promise<ShardMap> {
  const listed = await listShards(client, stream, signal);
  const ranges = new Map(listed.map((shard) => [shard.ShardId, rangeOf(shard)]));
  const open = listed
    .filter(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined)
    .map(rangeOf)
    .sort((one, other) => (one.first < other.first ? -1 : 1));

  return {
    shardOf(hashKey) {
      const found = lastNotAfter(open, hashKey);
      return found === undefined || hashKey > found.last ? undefined : found.shardId;
    },
    holds(shardId, hashKey) {
      const range = ranges.get(shardId);
      return range !== undefined && range.first <= hashKey && hashKey <= range.last;
    },
  };
}

function rangeOf({ ShardId = "", HashKeyRange }: Shard): ShardRange {
  const { StartingHashKey = "0", EndingHashKey = "0" } = HashKeyRange ?? {};
  return { shardId: ShardId, first: hashKeyFrom(StartingHashKey), last: hashKeyFrom(EndingHashKey) };
}

function lastNotAfter(ranges: readonly ShardRange[], hashKey: HashKey): ShardRange | undefined {
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
