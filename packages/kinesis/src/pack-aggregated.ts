import { createHash } from "node:crypto";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { aggregatedMagic, type UserRecord } from "./aggregated-record.ts";

/**
 * The most bytes that a user record adds to an aggregated record beside its data and, once for each key, the key: tags, lengths and an index, each length
 * and index in at most five bytes.
 */
export const userRecordOverheadBytes = 24;

/** What an aggregated record has beside its user records: the magic number and a digest. */
export const aggregateOverheadBytes = 20;

/**
 * Packs user records, in their order, as the Kinesis Producer Library does: AggregatedRecord { repeated string partition_key_table = 1; repeated Record
 * records = 3; } between a magic number and the MD5 of it. Nobody's hash key is explicit, so that table is left out.
 */
export function packAggregated(records: readonly Pick<UserRecord, "partitionKey" | "data">[]): Uint8Array {
  const indexes = new Map<string, number>();
  const keys = new BinaryWriter();
  const body = new BinaryWriter();
  for (const { partitionKey, data } of records) {
    let index = indexes.get(partitionKey);
    if (index === undefined) {
      index = indexes.size;
      indexes.set(partitionKey, index);
      keys.tag(1, WireType.LengthDelimited).string(partitionKey);
    }
    // Record { required uint64 partition_key_index = 1; required bytes data = 3; }
    body.tag(3, WireType.LengthDelimited).fork().tag(1, WireType.Varint).uint32(index).tag(3, WireType.LengthDelimited).bytes(data).join();
  }
  const message = Buffer.concat([keys.finish(), body.finish()]);
  return Buffer.concat([aggregatedMagic, message, createHash("md5").update(message).digest()]);
}
