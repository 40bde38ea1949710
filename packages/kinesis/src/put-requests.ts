import type { OutgoingRecord } from "./outgoing-record.ts";

/** Kinesis' bound on the records of one PutRecords. */
export const maxRecordsPerRequest = 500;

/** Records as requests within Kinesis' limits, in their order. A record larger than a request may be is a request of its own. */
export function putRequests(records: readonly OutgoingRecord[], maxBytes: number): readonly (readonly OutgoingRecord[])[] {
  const requests: OutgoingRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    const current = requests.at(-1);
    bytes += record.bytes;
    if (current === undefined || current.length === maxRecordsPerRequest || bytes > maxBytes) {
      requests.push([record]);
      bytes = record.bytes;
    } else {
      current.push(record);
    }
  }
  return requests;
}
