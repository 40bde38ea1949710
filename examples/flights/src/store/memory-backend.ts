import { memoryLog, memoryLogSink, memorySource, type MemoryLog } from "@spillway/memory";
import { partitionCounts } from "../backends/partition-counts.ts";
import type { InputLog } from "../producer/data-set.ts";
import type { Backend, OutputLog, Statistics } from "../pipelines/backend.ts";
import type { Tally } from "../pipelines/count-once.ts";

/** The pipelines in memory, for tests: gone with the process. */
export interface MemoryBackend extends Backend {
  readonly inputs: Readonly<Record<InputLog, MemoryLog>>;
  readonly outputs: Readonly<Record<OutputLog, MemoryLog>>;
  tallies<Log extends InputLog>(log: Log): ReadonlyMap<string, Tally<Statistics[Log]>>;
}

/** Makes empty logs and tables in memory. */
export function memoryBackend(): MemoryBackend {
  const log = (name: InputLog | OutputLog): MemoryLog => memoryLog({ name, partitions: partitionCounts[name] });
  const inputs = { departures: log("departures"), routes: log("routes"), movies: log("movies") };
  const outputs = {
    "late-departures": log("late-departures"),
    "late-routes": log("late-routes"),
    catalogue: log("catalogue"),
    "dead-letters": log("dead-letters"),
  };
  const maps: { readonly [Log in InputLog]: Map<string, Tally<Statistics[Log]>> } = {
    departures: new Map(),
    routes: new Map(),
    movies: new Map(),
  };
  return {
    inputs,
    outputs,
    tallies: (name) => maps[name],
    source: (name) => memorySource({ log: inputs[name], consumer: "statistics" }),
    sink: (name) => memoryLogSink({ log: outputs[name] }),
    table: (name) => ({
      async update(key, change) {
        const next = change(maps[name].get(key));
        maps[name].set(key, next);
        return next;
      },
    }),
  };
}
