import { appendFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import {
  fastClock,
  localClientConfig,
  startDynalite,
  startKinesisFake,
  type JsonServer,
  type KinesisFake,
} from "@spillway-tools/aws-fakes";
import { checkpoint, constant, consume, deadLetter, handle, retry, text, decode, run, type Settled } from "@spillway/core";
import { dynamoDbStores } from "@spillway/dynamodb";
import { kinesisSink, kinesisSource } from "@spillway/kinesis";
import { deadLetterHeader } from "@spillway/spec";
import type { Observable } from "rxjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keyHistory } from "./key-history.ts";
import { leasesByOwner } from "./testing/leases-by-owner.ts";
import { sharedHistory, type SharedHistory } from "./testing/shared-history.ts";
import { startWorker, type Worker } from "./testing/start-worker.ts";
import { tooEarly } from "./testing/too-early.ts";

const keys = 64;
const leaseDurationMs = 1_000;

let dynalite: JsonServer;
let fake: KinesisFake;
let letters: KinesisFake;
let kinesis: KinesisClient;
let dynamoDb: DynamoDBClient;
let history: SharedHistory;
let killed: Worker | undefined;

beforeEach(async () => {
  history = sharedHistory();
  killed = undefined;
  dynalite = await startDynalite();
  fake = await startKinesisFake({ shards: 4 });
  letters = await startKinesisFake({ streamName: "letters" });
  kinesis = new KinesisClient(localClientConfig(fake.endpoint));
  dynamoDb = new DynamoDBClient(localClientConfig(dynalite.endpoint, 3));
});
afterEach(async () => {
  killed?.process.kill("SIGKILL");
  await killed?.ended;
  killed?.remove();
  history.remove();
  kinesis.destroy();
  dynamoDb.destroy();
  await Promise.all([fake.stop(), letters.stop(), dynalite.stop()]);
});

/** The main job on Kinesis and DynamoDB; the fake throttles nobody, so its pace is a multiple of the real one. */
function pipeline(handler: (value: string) => void): Observable<Settled> {
  const stores = dynamoDbStores({ client: dynamoDb, tableName: "spillway", createTable: true });
  const source = kinesisSource({ client: kinesis, streamName: fake.streamName, consumer: "charges", stores, clock: fastClock(20) });
  const lettersClient = new KinesisClient(localClientConfig(letters.endpoint));
  return consume(source, { ordering: "key", leaseDurationMs }).pipe(
    decode(text()),
    handle(handler),
    retry({ attempts: 2, backoff: constant(10) }),
    deadLetter(kinesisSink({ client: lettersClient, streamName: letters.streamName })),
    checkpoint({ everyMessages: 500, everyMs: 200 }),
  );
}

test("4 shards split to 16 and merged to 3 while workers come, go and one is killed: none lost, each key in order, no child before its parents, leases balanced", async () => {
  const total = 100_000;
  // One write for each line, at the file's end, wherever that is then: the file has the order in which all workers did their work.
  const handlerOf = (worker: string) => (value: string) => appendFileSync(history.file, `${worker} ${value}\n`);
  const shardOf = new Map<string, string>();
  const append = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      const key = `key-${shardOf.size % keys}`;
      const message = `${key} ${Math.floor(shardOf.size / keys)}`;
      shardOf.set(message, fake.stream.put({ partitionKey: key, data: Buffer.from(message) }).shardId);
    }
  };
  const handled = (): number => {
    history.update();
    return history.distinct;
  };
  // A violation ends the waiting: what is wrong is told below.
  const areHandled = (count: number) => (): boolean => handled() >= count || history.violations.length > 0;
  const openShards = () => fake.stream.shards().filter(({ closed }) => !closed);
  const wrong = () => ({
    outOfOrder: history.violations,
    tooEarly: tooEarly({ history, shardOf, parentsOf: new Map(fake.stream.shards().map(({ id, parents }) => [id, parents])) }),
  });
  const { leases } = dynamoDbStores({ client: dynamoDb, tableName: "spillway" });
  const areBalanced = (workers: number) => async (): Promise<boolean> => {
    const counts = await leasesByOwner(leases, `charges/${fake.streamName}`);
    const held = counts.reduce((sum, count) => sum + count, 0);
    return counts.length === workers && held === openShards().length && (counts.at(-1) ?? 0) - (counts[0] ?? 0) <= 1;
  };
  const stop = new AbortController();
  const start = (worker: string, signal: AbortSignal = stop.signal) =>
    run(pipeline(handlerOf(worker)), { signal, drainTimeoutMs: 5_000, worker });
  const firstStop = new AbortController();
  const first = start("first", firstStop.signal);
  const second = start("second");
  append(20_000);
  await expect.poll(areHandled(5_000), { timeout: 30_000 }).toBe(true);
  for (const { id } of openShards()) fake.stream.split(id);
  append(20_000);
  killed = startWorker([fake.endpoint, letters.endpoint, dynalite.endpoint, String(leaseDurationMs), "killed "], history.file);
  await expect
    .poll(
      () => {
        append(10);
        return handled() > 0 ? history.countOf("killed") : 0;
      },
      { timeout: 60_000, interval: 20 },
    )
    .toBeGreaterThan(0);
  killed.process.kill("SIGKILL");
  await killed.ended;
  for (const { id } of openShards()) fake.stream.split(id);
  append(20_000);
  expect(openShards()).toHaveLength(16);
  await expect.poll(areHandled(50_000), { timeout: 60_000 }).toBe(true);
  expect(wrong()).toEqual({ outOfOrder: [], tooEarly: [] });
  await expect.poll(areBalanced(2), { timeout: 60_000, interval: 200 }).toBe(true);
  firstStop.abort(new Error("the first goes"));
  await first;
  const third = start("third");
  while (openShards().length > 3) {
    const byHash = openShards().toSorted((one, other) => (one.startingHashKey < other.startingHashKey ? -1 : 1));
    fake.stream.merge(byHash[0]?.id ?? "", byHash[1]?.id ?? "");
    append(2_000);
  }
  const fourth = start("fourth");
  append(total - shardOf.size);
  await expect.poll(areHandled(total), { timeout: 120_000, interval: 100 }).toBe(true);
  expect(wrong()).toEqual({ outOfOrder: [], tooEarly: [] });
  expect(history.distinct).toBe(shardOf.size);
  await expect.poll(areBalanced(3), { timeout: 60_000, interval: 200 }).toBe(true);
  stop.abort(new Error("done"));
  const reports = [await first, await second, await third, await fourth];
  for (const { delivered, succeeded, deadLettered, filtered, aborted } of reports)
    expect(delivered).toBe(succeeded + deadLettered + filtered + aborted);
  expect(letters.stream.shards().flatMap(({ records }) => records)).toEqual([]);
  console.log(`${shardOf.size} messages over ${fake.stream.shards().length} shards, ${history.repeats} of them handled again`);
});

test("a malformed record and one that always fails end as dead letters with their bytes; the shard flows on", async () => {
  const stop = new AbortController();
  const seen = keyHistory();
  const job = run(
    pipeline((value) => {
      if (value === "poison") throw new TypeError("cannot be handled");
      seen.saw("all", Number(value));
    }),
    { signal: stop.signal, drainTimeoutMs: 5_000 },
  );
  const malformed = Uint8Array.of(0xff, 0xfe, 0x00);
  fake.stream.putTo("shardId-000000000000", { partitionKey: "bad", data: malformed });
  fake.stream.putTo("shardId-000000000000", { partitionKey: "worse", data: Buffer.from("poison") });
  for (let n = 0; n < 500; n += 1) fake.stream.putTo("shardId-000000000000", { partitionKey: "good", data: Buffer.from(String(n)) });
  await expect.poll(() => seen.distinct, { timeout: 20_000 }).toBe(500);
  await expect.poll(() => letters.stream.shards().flatMap(({ records }) => records).length, { timeout: 20_000 }).toBe(2);
  stop.abort(new Error("done"));
  const report = await job;
  expect(report).toMatchObject({ delivered: 502, succeeded: 500, deadLettered: 2 });
  const client = new KinesisClient(localClientConfig(letters.endpoint));
  const stores = dynamoDbStores({ client: dynamoDb, tableName: "spillway", createTable: true });
  const source = kinesisSource({ client, streamName: letters.streamName, consumer: "redrive", stores });
  const [partition] = await source.partitions({ signal: new AbortController().signal });
  const reading = source.read(partition?.id as NonNullable<typeof partition>["id"], {
    from: { at: "earliest" },
    signal: new AbortController().signal,
  });
  for await (const { messages } of reading) {
    const found = messages.map(({ key, value, headers }) => {
      const metadata = JSON.parse(Buffer.from(headers.find(([name]) => name === deadLetterHeader)?.[1] ?? "").toString()) as {
        disposition: string;
      };
      return [key, [...(value ?? [])], metadata.disposition];
    });
    expect(found.toSorted()).toEqual([
      ["bad", [...malformed], "decode"],
      ["worse", [...Buffer.from("poison")], "exhausted"],
    ]);
    break;
  }
  client.destroy();
});
