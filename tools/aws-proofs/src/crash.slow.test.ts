import { DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { localClientConfig, startDynalite, startKinesisFake, type JsonServer, type KinesisFake } from "@spillway-tools/aws-fakes";
import { kinesisSource } from "@spillway/kinesis";
import { deadLetterHeader, type CheckpointStore, type DeadLetterMetadata, type LeaseStore } from "@spillway/spec";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startWorker, type Worker } from "./testing/start-worker.ts";

const shard = "shardId-000000000000";
const malformed = Uint8Array.of(0xff, 0xfe, 0x00);

let dynalite: JsonServer;
let orders: KinesisFake;
let letters: KinesisFake;
let workers: Worker[] = [];

beforeEach(async () => {
  dynalite = await startDynalite();
  orders = await startKinesisFake();
  letters = await startKinesisFake({ streamName: "letters" });
  workers = [];
});
afterEach(async () => {
  for (const worker of workers) worker.process.kill("SIGKILL");
  await Promise.all(workers.map(({ ended }) => ended));
  for (const worker of workers) worker.remove();
  await Promise.all([orders.stop(), letters.stop(), dynalite.stop()]);
});

function start(leaseDurationMs = 1_000): Worker {
  const worker = startWorker([orders.endpoint, letters.endpoint, dynalite.endpoint, String(leaseDurationMs)]);
  workers.push(worker);
  return worker;
}

const put = (value: string | Uint8Array): void => void orders.stream.putTo(shard, { partitionKey: "customer", data: Buffer.from(value) });
const handled = (): readonly string[] => workers.flatMap((worker) => worker.handled());

test("a record that kills its process is dead-lettered after a few deaths, a malformed one at once; all others of the shard are handled", async () => {
  for (let n = 0; n < 100; n += 1) put(String(n));
  put(malformed);
  put("killer");
  for (let n = 100; n < 200; n += 1) put(String(n));
  const isDone = async (): Promise<boolean> => {
    await expect.poll(() => new Set(handled()).size, { timeout: 60_000, interval: 20 }).toBe(200);
    return true;
  };
  const done = isDone();
  let deaths = 0;
  for (;;) {
    const worker = start();
    const died = worker.ended.then(() => false);
    if (await Promise.race([done, died])) break;
    deaths += 1;
    // One in full flight, one after the first careful messages, two that name the record.
    expect(deaths).toBeLessThanOrEqual(4);
  }
  expect(handled().every((value) => /^\d+$/.test(value))).toBe(true);
  // What had not been saved when the process died may be dead-lettered again, under the same id.
  expect([...new Set((await deadLetters()).map((letter) => JSON.stringify(letter)))].toSorted()).toEqual([
    JSON.stringify(["crashed", [...Buffer.from("killer")]]),
    JSON.stringify(["decode", [...malformed]]),
  ]);
  console.log(`${deaths} deaths, ${handled().length - 200} of 200 messages handled again`);
});

test("after kill -9 another worker reads on, and only what was not settled comes again", async () => {
  const leaseDurationMs = 5_000;
  const first = start(leaseDurationMs);
  for (let n = 0; n < 500; n += 1) put(String(n));
  await expect.poll(() => first.handled().length, { timeout: 20_000, interval: 20 }).toBe(500);
  await expect.poll(() => unsettled(), { timeout: 20_000, interval: 20 }).toEqual([]);
  const second = start(leaseDurationMs);
  // The second looks already, so that it takes the lease when that runs out.
  await expect
    .poll(() => orders.calls.filter(({ operation }) => operation === "ListShards").length, { timeout: 20_000 })
    .toBeGreaterThan(1);
  for (let n = 500; n < 600; n += 1) put(String(n));
  await expect.poll(() => first.handled().length, { timeout: 20_000, interval: 1 }).toBeGreaterThan(500);
  first.process.kill("SIGKILL");
  await first.ended;
  const killedAtMs = Date.now();
  for (let n = 600; n < 620; n += 1) put(String(n));
  // Nobody writes this checkpoint before the first one's lease has run out.
  const unsettledAtKill = await unsettled();
  expect(second.handled()).toEqual([]);
  expect(unsettledAtKill.every((value) => Number(value) >= 500)).toBe(true);
  await expect.poll(() => second.handled().length, { timeout: 30_000, interval: 20 }).toBeGreaterThan(0);
  const tookMs = Date.now() - killedAtMs;
  // All records have one key: with the last of them, all that this worker will ever handle has come.
  await expect.poll(() => second.handled().at(-1), { timeout: 20_000, interval: 20 }).toBe("619");
  expect(second.handled()).toEqual(unsettledAtKill);
  expect(new Set(handled()).size).toBe(620);
  console.log(
    `read on ${tookMs} ms after kill -9 with leases of ${leaseDurationMs} ms; ${handled().length - 620} of 620 messages handled again`,
  );
});

/** The records of the shard that its checkpoint does not have as settled, in order. */
async function unsettled(): Promise<readonly string[]> {
  const dynamoDb = new DynamoDBClient(localClientConfig(dynalite.endpoint, 3));
  const key = { scope: { S: "charges/orders" }, item: { S: `checkpoint#${shard}` } };
  const { Item = {} } = await dynamoDb.send(new GetItemCommand({ TableName: "spillway", Key: key, ConsistentRead: true }));
  dynamoDb.destroy();
  const after = BigInt(Item.from?.M?.position?.S ?? -1);
  const done = new Set(Item.done?.L?.map(({ S }) => S));
  return orders.stream
    .shard(shard)
    .records.filter(({ sequenceNumber }) => sequenceNumber > after && !done.has(String(sequenceNumber)))
    .map(({ data }) => Buffer.from(data).toString());
}

async function deadLetters(): Promise<readonly (readonly [disposition: string, payload: readonly number[]])[]> {
  const client = new KinesisClient(localClientConfig(letters.endpoint));
  const stores = { leases: {} as LeaseStore, checkpoints: {} as CheckpointStore };
  const source = kinesisSource({ client, streamName: "letters", consumer: "check", stores });
  const { signal } = new AbortController();
  const [partition] = await source.partitions({ signal });
  for await (const { messages } of source.read(partition?.id as NonNullable<typeof partition>["id"], {
    from: { at: "earliest" },
    signal,
  })) {
    client.destroy();
    return messages.map(({ value, headers }) => {
      const metadata = headers.find(([name]) => name === deadLetterHeader)?.[1] ?? "";
      return [(JSON.parse(Buffer.from(metadata).toString()) as DeadLetterMetadata).disposition, [...(value ?? [])]] as const;
    });
  }
  return [];
}
