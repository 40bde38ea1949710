import { conform, lacking, sinkSuite, type SinkHarness, type StoredMessage, type TestRunner } from "./index.ts";
import { succeeded, type Payload, type Sink } from "@spillway/spec";
import { test } from "vitest";

// The adapter that is held to the contract; yours is what your package exports.
function arraySink(rows: StoredMessage[]): Sink<Payload> {
  return {
    name: "array",
    traits: { maxBatchSize: 100, order: "key" },
    async write(messages, { signal }) {
      signal.throwIfAborted();
      rows.push(...messages.map(({ key, value, headers = [] }) => ({ key, value: value && new Uint8Array(value), headers })));
      return messages.map(() => succeeded);
    },
  };
}

// How the kit gets at it: a fresh one for each case, and what it cannot do, with the reason that skipped cases carry.
const harness: SinkHarness = {
  name: "array",
  deadlineMs: 20_000,
  lacks: { sizeLimit: "an array takes any size", deduplication: "it does not look at ids", reopen: "it ends with its process" },
  async open() {
    const rows: StoredMessage[] = [];
    return {
      sink: () => arraySink(rows),
      stored: async () => rows,
      largePayloadBytes: 1_048_576,
      tooLargeBytes: 0,
      reopen: lacking,
      close: async () => undefined,
    };
  },
};

const runner: TestRunner = { test, skip: (name, reason) => test.skip(`${name} (${reason})`) };

conform(runner, sinkSuite, harness);
