import { expect, test } from "vitest";
import { KafkaError } from "../client/kafka-error.ts";
import type { KafkaPort } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { fakePort, unused } from "../testing/fake-port.ts";
import { gatheredOutputs } from "../transactions/gathered-outputs.ts";
import { acquire } from "./acquire.ts";
import { decodeMetadata, encodeMetadata } from "./commit-metadata.ts";
import { coordinatorOf } from "./coordinator.ts";

const calls = { signal: new AbortController().signal };

/** A cluster that knows offset 7 of every partition, and answers so to the takeover of transactions. */
function cluster(initTransactions: KafkaPort["initTransactions"]): { readonly port: KafkaPort; readonly asked: string[] } {
  const asked: string[] = [];
  const port = fakePort({
    coordinator: () => Promise.resolve(1),
    initTransactions(broker, request, options) {
      asked.push(`take over ${request.transactionalId}`);
      return initTransactions(broker, request, options);
    },
    committed(_broker, _groupId, partitions) {
      asked.push(`offsets of ${partitions.map(({ partition }) => partition).join()}`);
      return Promise.resolve(partitions.map((at) => ({ ...at, offset: 7, metadata: "" })));
    },
    commit: () => Promise.resolve(),
  });
  return { port, asked };
}

function acquireBoth(port: KafkaPort): ReturnType<typeof acquire> {
  const directory: TopicDirectory = {
    start: unused,
    refresh: unused,
    topics: unused,
    id: () => undefined,
    problem: unused,
    leader: unused,
  };
  const transactions = { timeoutMs: 1_000, outputs: gatheredOutputs(1_000) };
  const coordinator = coordinatorOf(port, { groupId: "g" });
  const context = { port, coordinator, directory, groupId: "g", start: { at: "earliest" }, transactions, warn: unused } as const;
  const partitions = [0, 1].map((partition) => ({ topic: "orders", partition }));
  return acquire(context, { generation: 1, memberId: "m" }, partitions, [], calls);
}

test("T29: offsets are asked for when the partitions' transactions are taken over, and never before", async () => {
  const { port, asked } = cluster((_broker, { transactionalId }) => Promise.resolve({ transactionalId, producerId: 1n, epoch: 0 }));
  const found = await acquireBoth(port);
  expect(found.map(({ id, committed }) => [id, committed.offset])).toEqual([
    ["orders-0", 7],
    ["orders-1", 7],
  ]);
  expect(asked).toEqual(["take over spillway/g/orders/0", "take over spillway/g/orders/1", "offsets of 0,1"]);
});

test("T23: a partition whose last transaction is just being ended holds up no other", async () => {
  const { port, asked } = cluster((_broker, { transactionalId }) =>
    transactionalId.endsWith("/0")
      ? Promise.reject(
          new KafkaError("busy", { type: "CONCURRENT_TRANSACTIONS", code: "SPILLWAY_KAFKA_REFUSED", failureClass: "transient" }),
        )
      : Promise.resolve({ transactionalId, producerId: 1n, epoch: 0 }),
  );
  const found = await acquireBoth(port);
  expect(found.map(({ id }) => id)).toEqual(["orders-1"]);
  expect(asked.at(-1)).toBe("offsets of 1");
});

test("transactions that may not be used are fatal", async () => {
  const forbidden = { type: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", code: "SPILLWAY_KAFKA_PERMISSION", failureClass: "fatal" } as const;
  const { port } = cluster(() => Promise.reject(new KafkaError("no permission", forbidden)));
  await expect(acquireBoth(port)).rejects.toMatchObject({ code: "SPILLWAY_KAFKA_PERMISSION" });
});

const [oldTopic, newTopic] = ["o".repeat(22), "n".repeat(22)];

/** Acquires a partition of a topic with this id, whose log holds offsets 3 to 49, and of which the group knows offset 7 with this metadata. */
async function acquireOne(topicId: string | undefined, metadata: string, leaders: readonly number[] = [1]) {
  const commits: string[] = [];
  const port = fakePort({
    coordinator: () => Promise.resolve(1),
    committed: (_broker, _groupId, partitions) => Promise.resolve(partitions.map((at) => ({ ...at, offset: 7, metadata }))),
    listOffsets: (_broker, questions) =>
      Promise.resolve(questions.map((one) => ({ ...one, offset: one.timestampMs === -2 ? 3 : 50, error: undefined }))),
    commit(_broker, _groupId, _stamp, some) {
      commits.push(...some.map((one) => `${one.offset} ${one.metadata}`));
      return Promise.resolve();
    },
  });
  const directory: TopicDirectory = {
    start: unused,
    refresh: () => Promise.resolve(),
    topics: unused,
    id: () => topicId,
    problem: () => undefined,
    leader: ({ partition }) => leaders[partition],
  };
  const coordinator = coordinatorOf(port, { groupId: "g" });
  const context = { port, coordinator, directory, groupId: "g", start: { at: "latest" }, transactions: undefined, warn: unused } as const;
  const [found] = await acquire(context, { generation: 1, memberId: "m" }, [{ topic: "orders", partition: 0 }], [], calls);
  return { found, commits };
}

const done = { topicId: oldTopic, held: true, fresh: false, done: [9, 12], attempting: { offset: 8, crashes: 1 } };

test("T39: an offset of a topic that was made anew since is not gone on from: that is told, and the new topic is read from its first message", async () => {
  const { found, commits } = await acquireOne(newTopic, encodeMetadata(7, done));
  expect(found).toMatchObject({
    takeover: "clean",
    committed: { offset: 3, metadata: { fresh: true, done: [], attempting: undefined, topicId: newTopic } },
    gone: { count: undefined, reason: expect.stringContaining("from offset 7 on") as string },
  });
  expect(commits).toEqual([`3 spillway/1 held new t=${newTopic}`]);
});

test("an offset of the topic that is still there is gone on from, and what was done beyond it is known", async () => {
  const { found } = await acquireOne(oldTopic, encodeMetadata(7, done));
  expect(found).toMatchObject({ takeover: "unclean", committed: { offset: 7, metadata: done }, gone: undefined });
});

test.each([
  ["of another program", newTopic, ""],
  ["written before topics had ids", newTopic, "spillway/1 held d=bCg"],
  ["in a cluster that does not tell ids", undefined, encodeMetadata(7, done)],
])("an offset %s is gone on from: nobody can tell", async (_which, topicId, metadata) => {
  const { found, commits } = await acquireOne(topicId, metadata);
  expect(found).toMatchObject({ committed: { offset: 7 }, gone: undefined });
  // What is known of the topic stays known.
  const [offset = "", ...text] = commits.join().split(" ");
  expect(decodeMetadata(Number(offset), text.join(" "))).toMatchObject({ metadata: { topicId: topicId ?? oldTopic } });
});

test("a topic that was made anew and has no leader yet is left for later", async () => {
  const { found, commits } = await acquireOne(newTopic, encodeMetadata(7, done), []);
  expect([found, commits]).toEqual([undefined, []]);
});
