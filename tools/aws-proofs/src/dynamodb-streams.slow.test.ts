import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import {
  fastClock,
  localClientConfig,
  startDynalite,
  startTableStreamsFake,
  type FakeTableStream,
  type JsonServer,
  type TableStreamsFake,
} from "@spillway-tools/aws-fakes";
import { checkpoint, consume, haltOnFailure, handle, run, type EngineEvent } from "@spillway/core";
import { dynamoDbStores } from "@spillway/dynamodb";
import { dynamoDbStreamSource } from "@spillway/dynamodb-streams";
import { afterEach, beforeEach, expect, test } from "vitest";
import { leasesByOwner } from "./testing/leases-by-owner.ts";
import { sharedHistory, type SharedHistory } from "./testing/shared-history.ts";
import { tooEarly } from "./testing/too-early.ts";

const items = 50;
const workerPath = fileURLToPath(new URL("../dist/testing/stream-worker.js", import.meta.url));

let dynalite: JsonServer;
let fake: TableStreamsFake;
let dynamoDb: DynamoDBClient;
let history: SharedHistory;
let workers: Map<string, ChildProcess>;
/** How many changes were made so far; the n-th is of item n modulo `items`. */
let made = 0;
/** The shard of each change, and the parent of each shard that has one, noted while the fake still has them. */
let shardOf: Map<string, string>;
let parentsOf: Map<string, readonly string[]>;

beforeEach(async () => {
  dynalite = await startDynalite();
  fake = await startTableStreamsFake({ shards: 4, viewType: "NEW_IMAGE" });
  dynamoDb = new DynamoDBClient(localClientConfig(dynalite.endpoint, 3));
  history = sharedHistory();
  workers = new Map();
  made = 0;
  shardOf = new Map();
  parentsOf = new Map();
});
afterEach(async () => {
  for (const name of workers.keys()) await end(name, "SIGKILL");
  history.remove();
  dynamoDb.destroy();
  await Promise.all([fake.stop(), dynalite.stop()]);
});

/** Starts the built worker; npm test builds before it tests. */
function start(name: string): void {
  const args = [workerPath, history.file, fake.endpoint, dynalite.endpoint, fake.tableName, name];
  workers.set(name, spawn(process.execPath, args, { stdio: "inherit" }));
}

async function end(name: string, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  const child = workers.get(name);
  workers.delete(name);
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "close");
  child.kill(signal);
  await ended;
}

function make(count: number): void {
  for (let n = 0; n < count; n += 1) {
    const id = { S: `item-${made % items}` };
    fake.stream().change({ eventName: "MODIFY", keys: { id }, newImage: { id, n: { N: String(Math.floor(made / items)) } } });
    made += 1;
  }
}

function handled(): number {
  history.update();
  return history.distinct;
}

/** Notes which shards there are and what is in them. */
function note(stream: FakeTableStream): void {
  for (const { id, parent, records } of stream.shards()) {
    if (parent !== undefined) parentsOf.set(id, [parent]);
    for (const { newImage } of records) shardOf.set(`${String(newImage?.id?.S)} ${String(newImage?.n?.N)}`, id);
  }
}

/** Takes away what 24 hours would: the records of closed shards that are all handled, and then those shards. */
function trimHandled(stream: FakeTableStream): number {
  let trimmed = 0;
  for (const { id, closed, records, lastSequenceNumber } of stream.shards()) {
    const isDone = records.every(({ newImage }) => history.firstAt(String(newImage?.id?.S), Number(newImage?.n?.N)) !== undefined);
    if (!closed || !isDone) continue;
    if (records.length > 0) stream.trim(id, lastSequenceNumber);
    else stream.forget(id);
    trimmed += 1;
  }
  return trimmed;
}

test("shards roll, split and are trimmed, the stream is disabled and made anew, while three workers come, go and are killed: none lost, each item in order, no child before its parent, leases balanced", async () => {
  const total = 100_000;
  start("first");
  start("second");
  let trimmed = 0;
  for (let round = 0; round < 20; round += 1) {
    make(4_000);
    note(fake.stream());
    const open = fake
      .stream()
      .shards()
      .filter(({ closed }) => !closed);
    const rolled = open[round % open.length]?.id ?? "";
    if (round % 5 === 4) fake.stream().split(rolled);
    else fake.stream().roll(rolled);
    await expect.poll(handled, { timeout: 120_000 }).toBeGreaterThan(round * 3_000);
    trimmed += trimHandled(fake.stream());
    if (round === 3) start("killed");
    if (round === 6) {
      const handledByKilled = (): number => {
        // On a slow machine the others may have done all there was before it has its share.
        make(10);
        return handled() > 0 ? history.countOf("killed") : 0;
      };
      await expect.poll(handledByKilled, { timeout: 60_000 }).toBeGreaterThan(0);
      await end("killed", "SIGKILL");
    }
    if (round === 8) start("third");
    if (round === 11) await end("first", "SIGTERM");
    if (round === 13) {
      note(fake.stream());
      fake.reenable();
    }
    if (round === 15) start("fourth");
  }
  make(total - made);
  note(fake.stream());
  await expect.poll(() => handled() === made || history.violations.length > 0, { timeout: 200_000, interval: 100 }).toBe(true);
  expect(history.violations).toEqual([]);
  expect(history.distinct).toBe(made);
  expect(tooEarly({ history, shardOf, parentsOf })).toEqual([]);
  // What is looked at above: shards that have parents, and records of both.
  expect(parentsOf.size).toBeGreaterThan(10);
  expect(trimmed).toBeGreaterThan(0);
  expect(shardOf.size).toBe(made);
  const { leases } = dynamoDbStores({ client: dynamoDb, tableName: "spillway" });
  await expect
    .poll(
      async () => {
        const counts = await leasesByOwner(leases, `index/${fake.tableName}`);
        return counts.length === workers.size && (counts.at(-1) ?? 0) - (counts[0] ?? 0) <= 1;
      },
      { timeout: 60_000, interval: 200 },
    )
    .toBe(true);
  console.log(
    `${made} changes over ${new Set(shardOf.values()).size} shards, ${trimmed} times trimmed or forgotten, ${history.repeats} changes handled again`,
  );
  for (const name of [...workers.keys()]) await end(name, "SIGTERM");
});

test("changes that were trimmed before they were read are told, and the rest of their shard is handled", async () => {
  const client = new DynamoDBStreamsClient(localClientConfig(fake.endpoint));
  const stores = dynamoDbStores({ client: dynamoDb, tableName: "spillway", createTable: true });
  const source = dynamoDbStreamSource({
    client,
    tableName: fake.tableName,
    view: "NEW_IMAGE",
    consumer: "index",
    stores,
    clock: fastClock(20),
  });
  const seen: string[] = [];
  const events: EngineEvent[] = [];
  const runUntil = async (isEnough: () => boolean): Promise<void> => {
    const stop = new AbortController();
    const pipeline = consume(source, { ordering: "key", leaseDurationMs: 2_000 }).pipe(
      handle((change) => {
        if (change.kind !== "remove") seen.push(`${change.newImage.id as string} ${change.newImage.n as number}`);
        if (isEnough()) stop.abort(new Error("enough"));
      }),
      haltOnFailure(),
      checkpoint({ everyMs: 100 }),
    );
    await run(pipeline, { signal: stop.signal, onEvent: (event) => void events.push(event) });
  };
  make(200);
  await runUntil(() => seen.length === 200);
  make(200);
  note(fake.stream());
  const trimmed: string[] = [];
  for (const { id, records } of fake.stream().shards()) {
    const half = records.filter(({ newImage }) => Number(newImage?.n?.N) >= 4).slice(0, 20);
    trimmed.push(...half.map(({ newImage }) => `${String(newImage?.id?.S)} ${String(newImage?.n?.N)}`));
    const through = half.at(-1)?.sequenceNumber;
    if (through !== undefined) fake.stream().trim(id, through);
  }
  const left = [...shardOf.keys()].filter((change) => !trimmed.includes(change));
  await runUntil(() => seen.length === left.length);
  expect(seen.toSorted()).toEqual(left.toSorted());
  expect(events.filter(({ type }) => type === "messages-lost")).toHaveLength(4);
  client.destroy();
});
