import { dataSets, readRecords, type DataSet, type InputLog, type RawRecord } from "../producer/data-set.ts";
import { outgoingRecord } from "../producer/outgoing-record.ts";

/** What must have become of one file, computed from the file alone. */
export interface Expectation {
  /** The statistics of each key. */
  readonly statistics: Readonly<Record<string, object>>;
  /** The numbers of the records that must have been published. */
  readonly published: readonly number[];
  /** The original bytes of each record that must be a dead letter, by its number. */
  readonly deadLetters: ReadonlyMap<number, Uint8Array>;
}

/** What must have become of the first records of each file when no lookup fails for good. */
export async function expectations(limit: number): Promise<Readonly<Record<InputLog, Expectation>>> {
  const [departures, routes, movies] = await Promise.all(
    dataSets.map(async (dataSet) => expectationOf(dataSet, await readRecords(dataSet, limit))),
  );
  if (departures === undefined || routes === undefined || movies === undefined) throw new Error("a data set is missing");
  return { departures, routes, movies };
}

function expectationOf(dataSet: DataSet, records: readonly RawRecord[]): Expectation {
  const isMovie = dataSet.log === "movies";
  const numbered = records.map((record, number) => ({ record, number }));
  const bad = numbered.filter(({ record }) => isMovie && typeof record["Title"] !== "string");
  const good = numbered.filter((each) => !bad.includes(each));
  const late = good.filter(({ record }) => isMovie || delayOf(record) >= 15);

  const statistics: Record<string, object> = {};
  for (const [key, group] of groupBy(good, ({ record }) => dataSet.key(record))) {
    const of = group.map(({ record }) => record);
    statistics[key] = isMovie
      ? { movies: of.length, totalGross: sum(of.map((record) => Number(record["Worldwide Gross"]))) }
      : {
          flights: of.length,
          late: of.filter((record) => delayOf(record) >= 15).length,
          totalDelay: sum(of.map(delayOf)),
          longestDelay: Math.max(0, ...of.map(delayOf)),
        };
  }
  return {
    statistics,
    published: late.map(({ number }) => number),
    deadLetters: new Map(bad.map(({ record, number }) => [number, outgoingRecord(dataSet, record, number).value])),
  };
}

function delayOf(record: RawRecord): number {
  return Number(record["delay"]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
