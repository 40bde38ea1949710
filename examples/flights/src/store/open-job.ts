import { openLocal, openLog, type LocalLog, type LocalStore } from "@spillway/local";
import { dataSets, type InputLog } from "../producer/data-set.ts";
import type { OutputLog } from "../pipelines/backend.ts";
import { makeDirectory } from "./prepare-directory.ts";

/** Everything that the job keeps: one directory with its logs. */
export interface JobStore {
  readonly store: LocalStore;
  readonly inputs: Readonly<Record<InputLog, LocalLog>>;
  readonly outputs: Readonly<Record<OutputLog, LocalLog>>;
}

/** Opens the store and its logs, and creates what is missing. */
export async function openJob(directory: string): Promise<JobStore> {
  await makeDirectory(directory);
  // A kill -9 loses nothing that was acknowledged. Against a power cut, choose "power-loss": each write then waits for the disk.
  const store = await openLocal({ directory, durability: "process-crash" });
  const log = (name: InputLog | OutputLog, partitions: number): Promise<LocalLog> => openLog({ store, log: name, partitions });
  const input = (name: InputLog): Promise<LocalLog> => log(name, dataSets.find((dataSet) => dataSet.log === name)?.partitions ?? 1);
  return {
    store,
    inputs: { departures: await input("departures"), routes: await input("routes"), movies: await input("movies") },
    outputs: {
      "late-departures": await log("late-departures", 4),
      "late-routes": await log("late-routes", 4),
      catalogue: await log("catalogue", 2),
      "dead-letters": await log("dead-letters", 1),
    },
  };
}
