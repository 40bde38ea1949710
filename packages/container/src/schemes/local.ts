import { basename, resolve } from "node:path";
import {
  localCheckpoints,
  localLeases,
  localQueueSink,
  localQueueSource,
  localSink,
  localSource,
  openLocal,
  openLog,
  openQueue,
  type LocalStore,
} from "@spillway/local";
import { invalid } from "../invalid.ts";
import { oneOf, text, wholeNumber } from "../option.ts";
import { scheme, type Scheme } from "../scheme.ts";
import { consumerOf } from "./consumer-of.ts";
import { only } from "./only.ts";
import { requiredPath } from "./required-path.ts";

const form = "local:directory?log=name&consumer=name, or local:directory?queue=name";
const options = {
  log: text(),
  queue: text(),
  consumer: text(),
  partitions: wholeNumber(1, 1_024),
  order: oneOf("group", "none"),
  visibilityTimeoutMs: wholeNumber(1, 604_800_000),
  durability: oneOf("power-loss", "process-crash"),
};

/**
 * Logs, queues and stores of the embedded store in a directory. A log that does not exist is made, with four partitions unless the URL says otherwise; a
 * log's name is the directory's own where the URL gives none.
 */
export function localScheme(): Scheme {
  return scheme({
    name: "local",
    form,
    options,
    clientKey: (address) => JSON.stringify([resolve(requiredPath(address, "a directory", form)), address.options.get("durability")]),
    connect: ({ path: directory, options: given }) =>
      openLocal({ directory, durability: options.durability.read(given.get("durability") ?? options.durability.whenLeftOut) }),
    disconnect: (store) => store.close(),
    async source({ address, client: store, consumer, options: { queue, order, ...given } }) {
      if (queue !== undefined) {
        await openQueue({ store, queue: ofOneKind(queue, given.log), order });
        return localQueueSource({ store, queue, order, ...only(given, "visibilityTimeoutMs") });
      }
      const log = await openedLog(store, given.log ?? basename(resolve(address.path)), given.partitions);
      return localSource({ store, log, consumer: consumerOf("consumer", given.consumer, { address, consumer }) });
    },
    async sink({ address, client: store, options: { queue, order, log, partitions } }) {
      if (queue !== undefined) {
        await openQueue({ store, queue: ofOneKind(queue, log), order });
        return localQueueSink({ store, queue });
      }
      return localSink({ store, log: await openedLog(store, log ?? basename(resolve(address.path)), partitions) });
    },
    stores: ({ client: store }) => ({ checkpoints: localCheckpoints({ store }), leases: localLeases({ store }) }),
  });
}

function ofOneKind(queue: string, log: string | undefined): string {
  if (log === undefined) return queue;
  throw invalid('A "local:" URL names a log or a queue, not both: leave out "log" or "queue".');
}

/** Resolves to the log's name when it is there. Only a new one needs a number of partitions; an old one keeps its own. */
async function openedLog(store: LocalStore, log: string, partitions: number | undefined): Promise<string> {
  if (partitions !== undefined) await openLog({ store, log, partitions });
  else {
    try {
      await openLog({ store, log });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "SPILLWAY_INVALID_OPTIONS")) throw error;
      await openLog({ store, log, partitions: 4 });
    }
  }
  return log;
}
