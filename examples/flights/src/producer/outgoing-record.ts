import type { OutgoingMessage } from "@spillway/spec";
import type { DataSet, RawRecord } from "./data-set.ts";
import { recordHeader } from "./record-number.ts";

const encoder = new TextEncoder();

/** A record as the producer appends it: its JSON as bytes, its key, and its number as a header. */
export function outgoingRecord(dataSet: DataSet, record: RawRecord, number: number): OutgoingMessage<Uint8Array> {
  return { key: dataSet.key(record), value: encoder.encode(JSON.stringify(record)), headers: [recordHeader(number)] };
}
