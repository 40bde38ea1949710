import { SpillwayError, type FencingToken, type PartitionId } from "@spillway/spec";
import { expect, test } from "vitest";
import { unused } from "../testing/fake-port.ts";
import { gatheredOutputs } from "../transactions/gathered-outputs.ts";
import type { Output } from "../transactions/output.ts";
import type { TransactionalWriter } from "../transactions/transactional-writer.ts";
import { decodeMetadata } from "./commit-metadata.ts";
import { commitWithOutputs } from "./commit-with-outputs.ts";
import type { HeldLease } from "./held-lease.ts";
import { maxDistance } from "./offset-set.ts";

const calls = { signal: new AbortController().signal };
const id = "orders-0" as PartitionId;
const outputWriter: Output["writer"] = {
  codec: 0,
  maxBatchBytes: 1_000,
  produce: () => Promise.resolve(),
  refresh: () => Promise.resolve(),
};

function stage(writer: TransactionalWriter, offsets: readonly number[], maxOutputBytes = 1_000) {
  const lease: HeldLease = {
    id,
    topic: "orders",
    partition: 0,
    token: 1 as FencingToken,
    takeover: "clean",
    status: "held",
    committed: { offset: 0, metadata: { topicId: undefined, held: true, fresh: false, done: [], attempting: undefined } },
    gone: undefined,
    transactions: writer,
    drain: new AbortController(),
    lost: new AbortController(),
    deadline: undefined,
  };
  const outputs = gatheredOutputs(maxOutputBytes);
  outputs.open(id);
  for (const offset of offsets) {
    outputs
      .place(id)
      ?.add({ from: id, offset, to: { topic: "charged", partition: 0 }, message: { value: null }, bytes: 1, writer: outputWriter });
  }
  const given: string[] = [];
  const failures: unknown[] = [];
  const commit = (offset: number, done: readonly number[]): Promise<void> =>
    commitWithOutputs(
      {
        transactions: { timeoutMs: 1_000, outputs },
        lose: (_lease, why) => given.push(why),
        fail: (error) => failures.push(error),
      },
      lease,
      writer,
      { offset, metadata: { topicId: undefined, held: true, fresh: false, done, attempting: undefined } },
      calls,
    );
  return { commit, outputs, given, failures };
}

/** A writer that remembers what it was given. */
function recorder(): TransactionalWriter & {
  readonly commits: { readonly outputs: readonly number[]; readonly done: readonly number[] }[];
} {
  const commits: { readonly outputs: readonly number[]; readonly done: readonly number[] }[] = [];
  return {
    commits,
    commit(outputs, { offset, metadata }) {
      const found = decodeMetadata(offset, metadata);
      commits.push({ outputs: outputs.map((one) => one.offset), done: found.origin === "own" ? found.metadata.done : [] });
      return Promise.resolve();
    },
  };
}

test("a transaction holds what came of the messages below the watermark and of those done beyond it, and nothing else", async () => {
  const writer = recorder();
  const { commit } = stage(writer, [9, 10, 11, 12, 8]);
  await commit(10, [11]);
  expect(writer.commits).toEqual([{ outputs: [9, 11, 8], done: [11] }]);
  await commit(13, []);
  expect(writer.commits[1]).toEqual({ outputs: [10, 12], done: [] });
});

test("what came of a message that is too far beyond the watermark to be written down waits until it is not", async () => {
  const writer = recorder();
  const far = 10 + maxDistance;
  const { commit } = stage(writer, [11, far]);
  await commit(10, [11, far]);
  expect(writer.commits).toEqual([{ outputs: [11], done: [11] }]);
  await commit(12, [far]);
  expect(writer.commits[1]).toEqual({ outputs: [far], done: [far] });
});

test("T22: after any failure the partition is given up, because nobody knows whether it was committed", async () => {
  const { commit, given, failures } = stage({ commit: () => Promise.reject(new Error("no answer")) }, [1]);
  await expect(commit(2, [])).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  expect(given).toEqual([expect.stringContaining("no answer")]);
  expect(failures).toEqual([]);
});

test("a failure that will not pass ends the source", async () => {
  const forbidden = new SpillwayError("no permission", { code: "SPILLWAY_KAFKA_PERMISSION", failureClass: "fatal" });
  const { commit, given, failures } = stage({ commit: () => Promise.reject(forbidden) }, [1]);
  await expect(commit(2, [])).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  expect(failures).toEqual([forbidden]);
  expect(given).toHaveLength(1);
});

test.each(["confirmed", "refused"])("outputs take up room until their transaction is %s", async (end) => {
  let finish: () => void = unused;
  const writer: TransactionalWriter = {
    commit: () =>
      new Promise((resolve, reject) => {
        finish = end === "confirmed" ? resolve : () => reject(new Error("no answer"));
      }),
  };
  const { commit, outputs } = stage(writer, [1], 1);
  const committing = commit(2, []).catch(() => undefined);
  let hasRoom = false;
  const waiting = outputs.room(calls).then(() => {
    hasRoom = true;
  });
  await new Promise(setImmediate);
  expect(hasRoom).toBe(false);
  finish();
  await Promise.all([committing, waiting]);
  expect(hasRoom).toBe(true);
});
