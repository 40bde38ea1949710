import type { Headers } from "@spillway/spec";
import { byteReader, varint } from "./byte-reader.ts";

const none: Headers = [];

/** Reads the headers that begin at an index: all of them, in their order, names as often as they occur. */
export function recordHeaders(chunk: Buffer, from: number): Headers {
  const reader = byteReader(chunk, from);
  const count = varint(reader);
  if (count <= 0) return none;
  const headers: [string, Uint8Array][] = [];
  for (let index = 0; index < count; index += 1) {
    const nameLength = varint(reader);
    const name = chunk.toString("utf8", reader.at, reader.at + nameLength);
    reader.at += nameLength;
    // A null value has the length -1; the model knows no absent value, and an empty one is the closest.
    const valueLength = Math.max(0, varint(reader));
    headers.push([name, chunk.subarray(reader.at, reader.at + valueLength)]);
    reader.at += valueLength;
  }
  return headers;
}
