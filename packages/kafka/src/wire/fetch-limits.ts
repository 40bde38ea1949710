import type { FetchRequest } from "../client/kafka-port.ts";
import { writeInt32, writeInt8, type ByteWriter } from "./byte-writer.ts";

const readCommitted = 1;

/** Writes what a fetch begins with, in every version: who asks, how long and how much, and that there is no fetch session. */
export function writeFetchLimits(writer: ByteWriter, { maxWaitMs, minBytes, maxBytes }: FetchRequest): void {
  writeInt32(writer, -1); // a consumer, not a replica
  writeInt32(writer, maxWaitMs);
  writeInt32(writer, minBytes);
  writeInt32(writer, maxBytes);
  writeInt8(writer, readCommitted);
  writeInt32(writer, 0); // no fetch session
  writeInt32(writer, -1);
}
