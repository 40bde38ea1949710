import type { Shard } from "@aws-sdk/client-kinesis";
import { hashKeyFrom, type HashKey } from "./hash-key.ts";

/** The hash keys that belong to a shard, both ends included; a shard keeps them as long as it exists. */
export interface ShardRange {
  readonly first: HashKey;
  readonly last: HashKey;
}

/** A listed shard's hash keys. */
export function rangeOf({ HashKeyRange }: Pick<Shard, "HashKeyRange">): ShardRange {
  const { StartingHashKey = "0", EndingHashKey = "0" } = HashKeyRange ?? {};
  return { first: hashKeyFrom(StartingHashKey), last: hashKeyFrom(EndingHashKey) };
}

/** Whether a hash key belongs to a shard. */
export function isWithin({ first, last }: ShardRange, hashKey: HashKey): boolean {
  return first <= hashKey && hashKey <= last;
}
