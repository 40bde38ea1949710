import type { LogSource, Payload } from "@spillway/spec";
import { localCheckpoints } from "./local-checkpoints.ts";
import { localLeases } from "./local-leases.ts";
import { countMessages } from "./log/count-messages.ts";
import { LocalLogMessage } from "./log/local-log-message.ts";
import { requireLog } from "./log/log-definition.ts";
import { partitionId } from "./log/positions.ts";
import { readPartition } from "./log/read-partition.ts";
import { requireNamed, type LocalStore } from "./open-local.ts";
import { requireName } from "./options.ts";

/** Names the log that a source reads, and for whom. */
export interface LocalSourceOptions {
  readonly store: LocalStore;
  /** A log that openLog has created. */
  readonly log: string;
  /** Who reads: processes that give the same name share the partitions, others read all of them again. */
  readonly consumer: string;
}

/** A source that reads a log of the store. Leases and checkpoints are kept in the same store. */
export function localSource(options: LocalSourceOptions): LogSource<Payload, { readonly kind: "log"; readonly keys: true }> {
  const access = requireNamed("localSource", options, "log", ["consumer"]);
  const { store, log: name, consumer } = options;
  requireName("localSource's option consumer", consumer);
  return {
    kind: "log",
    name,
    traits: { kind: "log", keys: true },
    coordination: { by: "leases", consumer, leases: localLeases({ store }), checkpoints: localCheckpoints({ store }) },
    async partitions({ signal }) {
      const log = await access.read((database) => requireLog(database, name), signal);
      return Array.from({ length: log.partitions }, (_, partition) => ({ id: partitionId(partition), parents: [] }));
    },
    read: (partition, { from, signal }) => readPartition(access, name, partition, { from, signal }),
    count: (partition, { from, until, signal }) =>
      access.read((database) => countMessages(database, requireLog(database, name), partition, from, until), signal),
    original(message) {
      return message instanceof LocalLogMessage ? message.original : { key: message.key, payload: message.value };
    },
  };
}
