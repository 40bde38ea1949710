import { createHash } from "node:crypto";
import type { Brand } from "@spillway/spec";

/** A place among all that shards share out, 128 bits as 32 hexadecimal digits: as text they compare as the numbers do. */
export type HashKey = Brand<string, "HashKey">;

/** The hash key of a record without an explicit one: the MD5 of its partition key in UTF-8. */
export function hashKeyOf(partitionKey: string): HashKey {
  return createHash("md5").update(partitionKey, "utf8").digest("hex") as HashKey;
}

/** A hash key of the caller's, in decimal; undefined when it is none: a whole number from 0 to 2^128 - 1. */
export function parseHashKey(decimal: unknown): HashKey | undefined {
  if (typeof decimal !== "string" || !/^\d{1,39}$/.test(decimal)) return undefined;
  const hashKey = hashKeyFrom(decimal);
  return hashKey.length === 32 ? hashKey : undefined;
}

/** A hash key that Kinesis gave, in decimal. */
export function hashKeyFrom(decimal: string): HashKey {
  return BigInt(decimal).toString(16).padStart(32, "0") as HashKey;
}

/** A hash key as Kinesis takes it. */
export function decimalOf(hashKey: HashKey): string {
  return BigInt(`0x${hashKey}`).toString();
}
