import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

/** The three logs that the producer fills. */
export type InputLog = "departures" | "routes" | "movies";

/** A record of a file, as it was parsed: nobody has checked it yet. */
export type RawRecord = Readonly<Record<string, unknown>>;

/** A file of the npm package vega-datasets, and the log that its records go to. */
export interface DataSet {
  readonly log: InputLog;
  readonly file: string;
  readonly says: string;
  /** What must stay in order: the records of one key are worked on one after another, in the order of the file. */
  key(record: RawRecord): string;
}

/** What this example reads. */
export const dataSets: readonly DataSet[] = [
  {
    log: "departures",
    file: "flights-200k.json",
    says: "flights, by distance",
    key: ({ distance }) => `${String(distance)} miles`,
  },
  {
    log: "routes",
    file: "flights-20k.json",
    says: "flights with routes, by airport",
    key: ({ origin }) => String(origin),
  },
  {
    log: "movies",
    file: "movies.json",
    says: "movies, by distributor",
    key: ({ Distributor: distributor }) => (typeof distributor === "string" ? distributor : "unknown"),
  },
];

/** Reads the records of a data set, at most `limit` of them. */
export async function readRecords({ file }: DataSet, limit: number): Promise<readonly RawRecord[]> {
  // The package exports its code only; its data lies beside it.
  const code = require.resolve("vega-datasets");
  const records = JSON.parse(await readFile(join(code, "../../data", file), "utf8")) as readonly RawRecord[];
  return records.slice(0, limit);
}
