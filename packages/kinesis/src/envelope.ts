import type { Header, Headers, Payload } from "@spillway/spec";

/** What a Kinesis record can only hold inside its data: headers, a tombstone, a key that is no partition key. */
export interface Enveloped {
  readonly key: string | Uint8Array | undefined;
  readonly headers: Headers;
  readonly payload: Payload;
}

/** Begins an envelope: bytes that are not UTF-8 and that no common format begins with. Then come the metadata's length, metadata, payload. */
const magic = Uint8Array.of(0xf5, 0x53, 0x50, 0x57, 0x45, 0x4e, 0x56, 0x01);
const lengthBytes = 4;
const prefixBytes: number = magic.byteLength + lengthBytes;

/** Version 1 of the metadata, as JSON in UTF-8: text as a string, bytes as base64 in a list of one. */
interface Metadata {
  readonly key: JsonText | null;
  readonly headers: readonly (readonly [string, JsonText])[];
  readonly tombstone: boolean;
}

type JsonText = string | readonly [base64: string];

/** Packs a message into the data of one record. */
export function toEnvelope({ key, headers, payload }: Enveloped): Uint8Array {
  const metadata: Metadata = {
    key: key === undefined ? null : toJson(key),
    headers: headers.map(([name, value]) => [name, toJson(value)]),
    tombstone: payload === null,
  };
  const text = Buffer.from(JSON.stringify(metadata), "utf8");
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(text.byteLength);
  return Buffer.concat([magic, length, text, payload ?? new Uint8Array()]);
}

/** Unpacks a record's data; undefined when it is no envelope, also when it only begins like one. */
export function fromEnvelope(data: Uint8Array): Enveloped | undefined {
  if (data[0] !== magic[0] || data.byteLength < prefixBytes) return undefined;
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (!bytes.subarray(0, magic.byteLength).equals(magic)) return undefined;
  const end = prefixBytes + bytes.readUInt32BE(magic.byteLength);
  if (end > bytes.byteLength) return undefined;
  const metadata = parse(bytes.toString("utf8", prefixBytes, end));
  if (metadata === undefined) return undefined;
  return {
    key: metadata.key === null ? undefined : fromJson(metadata.key),
    headers: metadata.headers.map(([name, value]): Header => [name, fromJson(value)]),
    payload: metadata.tombstone ? null : data.subarray(end),
  };
}

function parse(text: string): Metadata | undefined {
  try {
    const value = JSON.parse(text) as Partial<Metadata> | null;
    return Array.isArray(value?.headers) && value.key !== undefined && typeof value.tombstone === "boolean"
      ? (value as Metadata)
      : undefined;
  } catch {
    // Not written by us after all: then it is an ordinary payload.
    return undefined;
  }
}

function toJson(value: string | Uint8Array): JsonText {
  return typeof value === "string" ? value : [Buffer.from(value).toString("base64")];
}

function fromJson(value: JsonText): string | Uint8Array {
  return typeof value === "string" ? value : Buffer.from(value[0], "base64");
}
