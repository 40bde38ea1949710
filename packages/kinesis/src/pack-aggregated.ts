import { createHash } from "node:crypto";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { aggregatedMagic, type UserRecord } from "./aggregated-record.ts";
import { decimalOf, type HashKey } from "./hash-key.ts";

/**
 * The most bytes that a user record adds to an aggregated record beside its data and, once for each key, the key: tags, lengths and an index, each length
 * and index in at most five bytes.
 */
export const userRecordOverheadBytes = 24;

/** The most bytes that an explicit hash key adds: its index with each user record, and once the key itself, of at most 39 digits. */
export const hashKeyBytes = { index: 6, key: 41 } as const;

/** What an aggregated record has beside its user records: the magic number and a digest. */
export const aggregateOverheadBytes = 20;

/** What is packed of a message. */
export interface Packable extends Pick<UserRecord, "partitionKey" | "data"> {
  readonly explicitHashKey: HashKey | undefined;
}

/**
 * Packs user records, in their order, as the Kinesis Producer Library does: AggregatedRecord { repeated string partition_key_table = 1; repeated string
 * explicit_hash_key_table = 2; repeated Record records = 3; } between a magic number and the MD5 of it.
 */
export function packAggregated(records: readonly Packable[]): Uint8Array {
  const keys = textTable(1);
  const hashKeys = textTable(2);
  const body = new BinaryWriter();
  for (const { partitionKey, explicitHashKey, data } of records) {
    // Record { required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; required bytes data = 3; }
    body.tag(3, WireType.LengthDelimited).fork().tag(1, WireType.Varint).uint32(keys.indexOf(partitionKey));
    if (explicitHashKey !== undefined) body.tag(2, WireType.Varint).uint32(hashKeys.indexOf(decimalOf(explicitHashKey)));
    body.tag(3, WireType.LengthDelimited).bytes(data).join();
  }
  const message = Buffer.concat([keys.finish(), hashKeys.finish(), body.finish()]);
  return Buffer.concat([aggregatedMagic, message, createHash("md5").update(message).digest()]);
}

/** A table of texts, each once, under this field number. */
function textTable(field: number): { readonly indexOf: (text: string) => number; readonly finish: () => Uint8Array } {
  const indexes = new Map<string, number>();
  const writer = new BinaryWriter();
  return {
    indexOf(text) {
      const known = indexes.get(text);
      if (known !== undefined) return known;
      writer.tag(field, WireType.LengthDelimited).string(text);
      indexes.set(text, indexes.size);
      return indexes.size - 1;
    },
    finish: () => writer.finish(),
  };
}
