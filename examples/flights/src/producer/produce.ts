import { mostAppended, type JobInput } from "../backends/job-backend.ts";
import type { DataSet, RawRecord } from "./data-set.ts";
import { outgoingRecord } from "./outgoing-record.ts";

/**
 * Appends the records that the input does not hold yet. In the embedded store an append is all or nothing and records go in the order of the file, so a
 * log always holds the first ones, as many as it is long: a producer that was killed goes on where the log ends, and appends nothing twice. Resolves
 * to how many it has appended; the signal ends it between two appends.
 */
export async function produce(input: JobInput, dataSet: DataSet, records: readonly RawRecord[], signal: AbortSignal): Promise<number> {
  const held = await lengthOf(input);
  let next = held;
  while (next < records.length && !signal.aborted) {
    const batch = records.slice(next, next + mostAppended).map((record, index) => outgoingRecord(dataSet, record, next + index));
    for (const result of await input.append(batch)) if (!result.ok) throw result.error;
    next += batch.length;
  }
  return next - held;
}

/** How many messages were ever appended to an input. */
export async function lengthOf(input: JobInput): Promise<number> {
  return [...(await input.appended()).values()].reduce((sum, appended) => sum + appended, 0);
}
