import { openLocal, openLog, type LocalLog, type LocalStore } from "@spillway/local";
import { partitionCounts } from "../backends/partition-counts.ts";
import type { OutputLog } from "../pipelines/backend.ts";
import type { InputLog } from "../producer/data-set.ts";
import { makeDirectory } from "./prepare-directory.ts";

/** Everything that the job keeps: one directory with its logs. */
export interface JobStore {
  readonly store: LocalStore;
  readonly inputs: Readonly<Record<InputLog, LocalLog>>;
}

const outputs: readonly OutputLog[] = ["late-departures", "late-routes", "catalogue", "dead-letters"];

/** Opens the store and its logs, and creates what is missing. */
export async function openJob(directory: string): Promise<JobStore> {
  await makeDirectory(directory);
  const store = await openStore(directory);
  const log = (name: InputLog | OutputLog): Promise<LocalLog> => openLog({ store, log: name, partitions: partitionCounts[name] });
  const inputs = { departures: await log("departures"), routes: await log("routes"), movies: await log("movies") };
  for (const output of outputs) await log(output);
  return { store, inputs };
}

/** Opens the embedded store of a directory that exists. */
export function openStore(directory: string): Promise<LocalStore> {
  // A kill -9 loses nothing that was acknowledged. Against a power cut, choose "power-loss": each write then waits for the disk.
  return openLocal({ directory, durability: "process-crash" });
}
