import { createHash } from "node:crypto";
import { BinaryReader } from "@bufbuild/protobuf/wire";

/** One user record of an aggregated record. */
export interface UserRecord {
  readonly partitionKey: string;
  /** Decimal, as Kinesis has it; where it is given, it decides about the shard in place of the partition key. */
  readonly explicitHashKey: string | undefined;
  readonly data: Uint8Array;
}

/** The format that the Kinesis Producer Library writes: this, an AggregatedRecord in protocol buffers, and the MD5 of that. */
export const aggregatedMagic: Uint8Array = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2);
const digestBytes = 16;

/**
 * The user records of an aggregated record, in their order; undefined for any other record. The magic number alone proves nothing: with a wrong
 * digest or a damaged body it is an ordinary record, which happens to begin like that.
 */
export function unpackAggregated(data: Uint8Array): readonly UserRecord[] | undefined {
  if (data.byteLength <= aggregatedMagic.byteLength + digestBytes) return undefined;
  for (const [index, byte] of aggregatedMagic.entries()) if (data[index] !== byte) return undefined;
  const body = data.subarray(aggregatedMagic.byteLength, data.byteLength - digestBytes);
  const digest = createHash("md5").update(body).digest();
  if (!digest.equals(data.subarray(data.byteLength - digestBytes))) return undefined;
  try {
    return readAggregated(body);
  } catch {
    // The reader throws at what is no message of its format.
    return undefined;
  }
}

/** AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2; repeated Record records = 3; } */
function readAggregated(body: Uint8Array): readonly UserRecord[] | undefined {
  const reader = new BinaryReader(body);
  const partitionKeys: string[] = [];
  const hashKeys: string[] = [];
  const records: IndexedRecord[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) partitionKeys.push(reader.string());
    else if (field === 2) hashKeys.push(reader.string());
    else if (field === 3) records.push(readRecord(reader));
    else reader.skip(wireType, field);
  }
  const unpacked: UserRecord[] = [];
  for (const { keyIndex, hashKeyIndex, data } of records) {
    const partitionKey = partitionKeys[keyIndex];
    const explicitHashKey = hashKeyIndex === undefined ? undefined : hashKeys[hashKeyIndex];
    if (partitionKey === undefined || data === undefined || (hashKeyIndex !== undefined && explicitHashKey === undefined)) return undefined;
    unpacked.push({ partitionKey, explicitHashKey, data });
  }
  return unpacked.length === 0 ? undefined : unpacked;
}

interface IndexedRecord {
  readonly keyIndex: number;
  readonly hashKeyIndex: number | undefined;
  readonly data: Uint8Array | undefined;
}

/** Record { required uint64 partition_key_index = 1; optional uint64 explicit_hash_key_index = 2; required bytes data = 3; repeated Tag tags = 4; } */
function readRecord(reader: BinaryReader): IndexedRecord {
  const end = reader.uint32() + reader.pos;
  let keyIndex = -1;
  let hashKeyIndex: number | undefined;
  let data: Uint8Array | undefined;
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    // An index is a uint64 on the wire; one beyond 32 bits has no entry in its table anyway.
    if (field === 1) keyIndex = reader.uint32();
    else if (field === 2) hashKeyIndex = reader.uint32();
    else if (field === 3) data = reader.bytes();
    else reader.skip(wireType, field);
  }
  return { keyIndex, hashKeyIndex, data };
}
