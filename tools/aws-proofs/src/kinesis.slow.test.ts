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

const keys = 64;
const leaseDurationMs = 1_000;

let dynalite: JsonServer;
let fake: KinesisFake;
let letters: KinesisFake;
let kinesis: KinesisClient;
let dynamoDb: DynamoDBClient;

beforeEach(async () => {
  dynalite = await startDynalite();
  fake = await startKinesisFake({ shards: 4 });
  letters = await startKinesisFake({ streamName: "letters" });
  kinesis = new KinesisClient(localClientConfig(fake.endpoint));
  dynamoDb = new DynamoDBClient(localClientConfig(dynalite.endpoint, 3));
});
afterEach(async () => {
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

test("4 shards split to 16 and merged to 3 while workers come, go and vanish: none lost, each key in order", async () => {
  const total = 100_000;
  const history = keyHistory();
  const handler = (value: string): void => {
    const [key = "", number = ""] = value.split(" ");
    history.saw(key, Number(number));
  };
  let appended = 0;
  const append = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      const key = `key-${appended % keys}`;
      fake.stream.put({ partitionKey: key, data: Buffer.from(`${key} ${Math.floor(appended / keys)}`) });
      appended += 1;
    }
  };
  const openShards = () => fake.stream.shards().filter(({ closed }) => !closed);
  const stops = [new AbortController(), new AbortController(), new AbortController()];
  const first = run(pipeline(handler), { signal: stops[0]?.signal as AbortSignal, drainTimeoutMs: 5_000, worker: "first" });
  const second = run(pipeline(handler), { signal: stops[1]?.signal as AbortSignal, drainTimeoutMs: 5_000, worker: "second" });
  // Abandoned in the middle of its work, as by kill -9: it neither saves nor gives anything back.
  let byVanishing = 0;
  const vanishing = pipeline((value) => {
    byVanishing += 1;
    handler(value);
  }).subscribe();
  append(20_000);
  await expect.poll(() => history.distinct, { timeout: 30_000 }).toBeGreaterThan(5_000);
  for (const { id } of openShards()) fake.stream.split(id);
  append(20_000);
  await expect
    .poll(
      () => {
        append(10);
        return byVanishing;
      },
      { timeout: 30_000, interval: 20 },
    )
    .toBeGreaterThan(0);
  vanishing.unsubscribe();
  for (const { id } of openShards()) fake.stream.split(id);
  append(20_000);
  expect(openShards()).toHaveLength(16);
  await expect.poll(() => history.distinct, { timeout: 60_000 }).toBeGreaterThan(50_000);
  stops[0]?.abort(new Error("the first goes"));
  await first;
  const third = run(pipeline(handler), { signal: stops[2]?.signal as AbortSignal, drainTimeoutMs: 5_000, worker: "third" });
  while (openShards().length > 3) {
    const byHash = openShards().toSorted((one, other) => (one.startingHashKey < other.startingHashKey ? -1 : 1));
    fake.stream.merge(byHash[0]?.id ?? "", byHash[1]?.id ?? "");
    append(2_000);
  }
  append(total - appended);
  await expect.poll(() => history.distinct, { timeout: 120_000, interval: 100 }).toBe(appended);
  expect(history.violations).toEqual([]);
  stops[1]?.abort(new Error("done"));
  stops[2]?.abort(new Error("done"));
  const reports = [await first, await second, await third];
  for (const { delivered, succeeded, deadLettered, filtered, aborted } of reports)
    expect(delivered).toBe(succeeded + deadLettered + filtered + aborted);
  expect(reports.reduce((sum, { deadLettered }) => sum + deadLettered, 0)).toBe(0);
  console.log(`${appended} messages over ${fake.stream.shards().length} shards, ${history.repeats} of them handled again`);
});

test("a malformed record and one that always fails end as dead letters with their bytes; the shard flows on", async () => {
  const stop = new AbortController();
  const history = keyHistory();
  const job = run(
    pipeline((value) => {
      if (value === "poison") throw new TypeError("cannot be handled");
      history.saw("all", Number(value));
    }),
    { signal: stop.signal, drainTimeoutMs: 5_000 },
  );
  const malformed = Uint8Array.of(0xff, 0xfe, 0x00);
  fake.stream.putTo("shardId-000000000000", { partitionKey: "bad", data: malformed });
  fake.stream.putTo("shardId-000000000000", { partitionKey: "worse", data: Buffer.from("poison") });
  for (let n = 0; n < 500; n += 1) fake.stream.putTo("shardId-000000000000", { partitionKey: "good", data: Buffer.from(String(n)) });
  await expect.poll(() => history.distinct, { timeout: 20_000 }).toBe(500);
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
