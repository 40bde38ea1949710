import { localSink, localSource, localTable, type LocalStore, type LocalTable } from "@spillway/local";
import type { InputLog } from "../producer/data-set.ts";
import type { Backend, Statistics } from "../pipelines/backend.ts";
import type { Tally } from "../pipelines/count-once.ts";

/** The pipelines on the embedded store: logs, checkpoints, leases and statistics in one directory. */
export function localBackend(store: LocalStore): Backend {
  return {
    source: (log) => localSource({ store, log, consumer: "statistics" }),
    sink: (log) => localSink({ store, log }),
    table: (log) => tallies(store, log),
  };
}

/** The table in which a pipeline keeps its statistics. */
export function tallies<Log extends InputLog>(store: LocalStore, log: Log): LocalTable<Tally<Statistics[Log]>> {
  return localTable({ store, table: `${log} by key` });
}
