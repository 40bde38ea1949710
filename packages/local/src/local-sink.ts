import { succeeded, type Payload, type Sink } from "@spillway/spec";
import { appender } from "./log/append-messages.ts";
import { requireNamed, type LocalStore } from "./open-local.ts";

// One transaction that other processes wait for; larger ones are hardly faster.
const maxBatchSize = 1_000;

/** Names the log that a sink writes to. */
export interface LocalSinkOptions {
  readonly store: LocalStore;
  /** A log that openLog has created. */
  readonly log: string;
}

/** A sink that appends to a log of the store. Its keys decide the partitions; it does not look at message ids. */
export function localSink(options: LocalSinkOptions): Sink<Payload> {
  const append = appender(requireNamed("localSink", options, "log", []), options.log);
  return {
    name: options.log,
    traits: { maxBatchSize, order: "key" },
    async write(messages, { signal }) {
      const results = await append(messages, { signal });
      return results.map((result) => (result.ok ? succeeded : result));
    },
  };
}
