import type { LocalLog } from "@spillway/local";
import type { DataSet, RawRecord } from "./data-set.ts";
import { outgoingRecord } from "./outgoing-record.ts";

const batchSize = 2_000;

/**
 * Appends the records that the log does not hold yet. An append is all or nothing and records go in the order of the file, so a log always holds
 * the first ones, as many as it is long: a producer that was killed goes on where the log ends, and appends nothing twice. Resolves to how
 * many it has appended; the signal ends it between two appends.
 */
export async function produce(log: LocalLog, dataSet: DataSet, records: readonly RawRecord[], signal: AbortSignal): Promise<number> {
  const held = await lengthOf(log);
  let next = held;
  while (next < records.length && !signal.aborted) {
    const batch = records.slice(next, next + batchSize).map((record, index) => outgoingRecord(dataSet, record, next + index));
    for (const result of await log.append(batch)) if (!result.ok) throw result.error;
    next += batch.length;
  }
  return next - held;
}

/** How many messages were ever appended to a log. */
export async function lengthOf(log: LocalLog): Promise<number> {
  return (await log.state()).reduce((sum, { appended }) => sum + appended, 0);
}
