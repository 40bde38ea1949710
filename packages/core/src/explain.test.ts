import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import type { Payload, Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import {
  checkpoint,
  constant,
  consume,
  consumeAll,
  deadLetter,
  decode,
  explain,
  haltOnFailure,
  handle,
  publish,
  retry,
  sayExplanation,
  text,
} from "./index.ts";
import { world, type World } from "./testing/world.ts";

const always = [
  "Every message is delivered at least once, and ends as succeeded, filtered, dead-lettered or aborted; aborted ones are delivered again.",
  "A failing message holds its own lane and nothing else.",
];
const ofLogs = "A checkpoint never passes an unsettled message; a crash delivers again what was not settled at the last one.";
const ofQueues = "A message is deleted after it was settled; until then its visibility is extended, and what is not settled comes back.";
const orders = {
  none: "Messages may be worked on in any order.",
  key: "Messages of a key are worked on one after another, in their order, also over retries and restarts; different keys side by side.",
  partition: "Messages of a partition are worked on one after another, in their order.",
};

function queueSource(w: World) {
  return memoryQueueSource({ queue: memoryQueue({ name: "jobs", clock: w.clock }) });
}

function sinkOf(name: string, order: "write" | "key" | "none"): Sink<Payload> {
  const { write } = memorySink<Payload>();
  return { name, traits: { maxBatchSize: 10, order }, write };
}

test.each(["none", "key", "partition"] as const)("a log with ordering %s is promised that order, and a checkpoint", (ordering) => {
  const pipeline = consume(world().source(), { ordering, maxInFlight: 50 }).pipe(
    decode(text()),
    handle(() => undefined),
    haltOnFailure(),
    checkpoint(),
  );
  expect(explain(pipeline).guarantees.toSorted()).toEqual(
    [
      ...always,
      orders[ordering],
      ofLogs,
      "At most 50 messages of orders are in flight, and one page of each partition beyond that.",
    ].sort(),
  );
});

test("a queue is promised deletion after settlement", () => {
  const pipeline = consume(queueSource(world()), { ordering: "none", maxInFlight: 50 }).pipe(decode(text()), haltOnFailure(), checkpoint());
  expect(explain(pipeline).guarantees.toSorted()).toEqual(
    [...always, orders.none, ofQueues, "At most 50 messages of jobs are in flight, and one page of each partition beyond that."].sort(),
  );
});

test("several sources are promised each sentence once, and each its own bound", () => {
  const w = world();
  const pipeline = consumeAll([{ source: w.source(), maxInFlight: 5 }, { source: queueSource(w) }], { ordering: "none" }).pipe(
    decode(text()),
    haltOnFailure(),
    checkpoint(),
  );
  expect(explain(pipeline).guarantees.toSorted()).toEqual(
    [
      ...always,
      orders.none,
      ofLogs,
      ofQueues,
      "At most 5 messages of orders are in flight, and one page of each partition beyond that.",
      "At most 4096 messages of jobs are in flight, and one page of each partition beyond that.",
    ].sort(),
  );
});

const again = "a write whose answer was lost is repeated, so that its readers may see a message twice, with the same id";

test.each([
  ["write", "a message that fails holds up all behind it in its write, so that each lane is stored in its order"],
  ["key", "a message that fails holds up those of its key, so that each lane that keeps to one key is written in its order"],
  ["none", "it promises no order inside a write, so that a write holds one message of each lane"],
] as const)("a publish stage over a sink of order %s says what is repeated and what stays in order", (order, kept) => {
  const pipeline = consume(world().source(), { ordering: "key" }).pipe(
    decode(text()),
    publish(sinkOf("charged", order), (value) => ({ value: Buffer.from(value) })),
    publish(sinkOf("audit", "none"), (value) => ({ value: Buffer.from(value) }), { name: "audited" }),
    haltOnFailure(),
    checkpoint(),
  );
  const { guarantees } = explain(pipeline);
  expect(guarantees).toContain(`publish writes to "charged": ${again}; ${kept}.`);
  expect(guarantees).toContain(
    `audited writes to "audit": ${again}; it promises no order inside a write, so that a write holds one message of each lane.`,
  );
});

test("the dead letters say what is repeated, and what becomes of one that their sink refuses", () => {
  const pipeline = consume(world().source(), { ordering: "key" }).pipe(decode(text()), deadLetter(sinkOf("dead", "none")), checkpoint());
  expect(explain(pipeline).guarantees).toContain(
    `deadLetter writes to "dead": ${again}; a message whose dead letter is refused stays unsettled and keeps its lane while the write is repeated, and with more than 256 of them no further message is let in.`,
  );
});

test("a pipeline that writes to no sink promises nothing of one", () => {
  const pipeline = consume(world().source(), { ordering: "key" }).pipe(decode(text()), haltOnFailure(), checkpoint());
  expect(explain(pipeline).guarantees.filter((sentence) => sentence.includes("writes to"))).toEqual([]);
});

test("an explanation is the same after JSON, before a run and while it holds failed messages", async () => {
  const w = world();
  const pipeline = consume(w.source(), { ordering: "key" }).pipe(
    decode(text()),
    handle((value) => {
      if (value === "bad") throw new Error("it is bad");
    }),
    publish(sinkOf("charged", "key"), () => ({ value: null })),
    retry({ attempts: 3, backoff: constant(60_000) }),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const before = explain(pipeline);
  expect(JSON.parse(JSON.stringify(before))).toEqual(before);
  const running = w.start(pipeline);
  w.append("k=bad", "k=after", "fine");
  await w.clock.advance(1_000);
  const during = explain(pipeline);
  expect(during.feeds).toMatchObject([
    { unsettled: 2, firstUnsettled: { key: "k", class: "transient", nextAttemptMs: expect.any(Number) } },
  ]);
  // JSON leaves out what is undefined, which toEqual passes over; and it would make null of what is no number.
  expect(JSON.parse(JSON.stringify(during))).toEqual(during);
  expect(sayExplanation(JSON.parse(JSON.stringify(during)) as typeof during)).toBe(sayExplanation(during));
  await running.stop();
});

test("while it runs, each partition tells its watermark, its first unsettled message and what that holds back, as data and as text", async () => {
  const w = world({ partitions: 2 });
  const [first, second] = w.log.partitions();
  const pipeline = consume(w.source(), { ordering: "key" }).pipe(
    decode(text()),
    handle(
      (value) => {
        if (value === "bad") throw new Error("no answer");
      },
      { name: "charge" },
    ),
    retry({ attempts: 5, backoff: constant(60_000) }),
    deadLetter(w.deadLetters),
    checkpoint({ everyMs: 1_000 }),
  );
  const running = w.start(pipeline, { drainTimeoutMs: 100 });
  // Keys by their partitions: one fails, and what is after it on its partition is settled all the same.
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  const placed = w.log.append(keys.map((key) => ({ key, value: Buffer.from("fine") })));
  const [here, there, elsewhere] = [first, first, second].map((partition, index) => {
    const own = placed.flatMap((each, at) => (each.partition === partition?.id ? [keys[at] as string] : []));
    return own[index] as string;
  });
  await w.clock.advance(2_000);
  const failedMs = w.clock.nowMs();
  const [bad] = w.log.append([{ key: here, value: Buffer.from("bad") }]);
  w.append(`${here}=waits`, `${there}=fine`, `${elsewhere}=fine`);
  await w.clock.advance(62_500);
  const { feeds } = explain(pipeline);
  const last = placed.findLast(({ partition }) => partition === first?.id);
  const id = `${first?.id}/${placed.filter(({ partition }) => partition === first?.id).length}`;
  expect(feeds.find(({ partition }) => partition === first?.id)).toEqual({
    source: "orders",
    partition: bad?.partition,
    watermark: { at: "after", position: last?.position },
    behindMs: 0,
    headroomMs: undefined,
    unsettled: 2,
    heldBehindFirst: 1,
    unsaved: 0,
    firstUnsettled: {
      id,
      key: here,
      ageMs: 62_500,
      attempt: 2,
      failedAt: "charge",
      lastError: "no answer",
      class: "transient",
      nextAttemptMs: failedMs + 120_000,
      state: "waits for its next attempt after a failure at charge",
    },
  });
  expect(feeds.find(({ partition }) => partition === second?.id)).toMatchObject({ unsettled: 0, firstUnsettled: undefined });
  const lines = sayExplanation(explain(pipeline)).split("\n");
  const at = lines.findIndex((line) => line.includes(`orders ${first?.id}:`));
  expect(lines.slice(at, at + 4)).toEqual([
    `  orders ${first?.id}: reads on after ${last?.position}, 0 ms behind, 2 unsettled`,
    `    first: ${id} (key ${here}), 63 s old, attempt 2, waits for its next attempt after a failure at charge: no answer`,
    `    its next attempt is due at ${new Date(failedMs + 120_000).toISOString()}`,
    "    1 settled messages wait behind it for the checkpoint",
  ]);
  await running.stop();
});
