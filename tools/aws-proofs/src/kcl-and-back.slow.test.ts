import { createHash } from "node:crypto";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import {
  fastClock,
  kclWorker,
  localClientConfig,
  startDynalite,
  startKinesisFake,
  type JsonServer,
  type KclWorker,
  type KinesisFake,
} from "@spillway-tools/aws-fakes";
import { checkpoint, consume, decode, haltOnFailure, handle, rewind, run, text } from "@spillway/core";
import { kclStores, type KclStores } from "@spillway/dynamodb";
import { kinesisSource, type KinesisSource } from "@spillway/kinesis";
import { afterEach, beforeEach, expect, test } from "vitest";

const { signal } = new AbortController();

let dynalite: JsonServer;
let fake: KinesisFake;
let kinesis: KinesisClient;
let dynamoDb: DynamoDBClient;
let stores: KclStores;
let source: KinesisSource;
let java: KclWorker;
let expected: string[] = [];
let handled: string[] = [];

beforeEach(async () => {
  dynalite = await startDynalite();
  fake = await startKinesisFake({ shards: 2 });
  kinesis = new KinesisClient(localClientConfig(fake.endpoint));
  dynamoDb = new DynamoDBClient(localClientConfig(dynalite.endpoint, 3));
  stores = kclStores({ client: dynamoDb, kclTableName: "charges-app", tableName: "spillway", createTable: true });
  source = kinesisSource({ client: kinesis, streamName: fake.streamName, consumer: "charges", stores, clock: fastClock(20) });
  java = kclWorker({ endpoint: dynalite.endpoint, tableName: "charges-app", workerId: "java-1" });
  // Makes the tables.
  await stores.leases.list("charges/stream", { signal });
  expected = [];
  handled = [];
});
afterEach(async () => {
  kinesis.destroy();
  dynamoDb.destroy();
  await Promise.all([fake.stop(), dynalite.stop()]);
});

/** Appends messages to a shard, every second record an aggregated one of three. */
function put(shard: string, count: number): void {
  for (let n = 0; n < count; n += 1) {
    const values = (n % 2 === 0 ? [0] : [0, 1, 2]).map((part) => `${shard}-${expected.length}-${part}`);
    expected.push(...values);
    const data = values.length === 1 ? Buffer.from(values[0] ?? "") : aggregated(values);
    fake.stream.putTo(shard, { partitionKey: "customer", data });
  }
}

/** The user records of an aggregated record are the only fields 3 of its body, each with its data as field 3. */
function aggregated(values: readonly string[]): Uint8Array {
  const field = (number: number, bytes: Uint8Array): Uint8Array => Buffer.concat([Uint8Array.of(number * 8 + 2, bytes.byteLength), bytes]);
  const users = values.map((value) => field(3, Buffer.concat([Uint8Array.of(8, 0), field(3, Buffer.from(value))])));
  const body = Buffer.concat([field(1, Buffer.from("customer")), ...users]);
  return Buffer.concat([Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2), body, createHash("md5").update(body).digest()]);
}

/** The messages in a shard with their places, as the library unpacks them. */
function messagesIn(shard: string): readonly { readonly sequence: bigint; readonly sub: number; readonly value: string }[] {
  const wanted = expected.filter((value) => value.startsWith(`${shard}-`));
  let next = 0;
  return fake.stream.shard(shard).records.flatMap(({ sequenceNumber, data }) => {
    const count = data[0] === 0xf3 ? 3 : 1;
    return Array.from({ length: count }, (_, sub) => ({ sequence: sequenceNumber, sub, value: wanted[next++] ?? "" }));
  });
}

/** Workers of the library handle this many messages, parents first, checkpoint each shard, make leases for children and forget what is done with. */
async function javaHandles(count: number): Promise<void> {
  let left = count;
  while (left > 0) {
    const leases = await java.list();
    const done = new Set(leases.filter((lease) => lease.checkpoint.sequenceNumber === "SHARD_END").map(({ leaseKey }) => leaseKey));
    const present = new Set(leases.map(({ leaseKey }) => leaseKey));
    const free = leases.filter(
      ({ leaseKey, parentShardIds }) => !done.has(leaseKey) && parentShardIds.every((parent) => done.has(parent) || !present.has(parent)),
    );
    let progress = 0;
    for (const {
      leaseKey,
      checkpoint: { sequenceNumber, subSequenceNumber },
    } of free) {
      const isPast = (sequence: bigint, sub: number): boolean =>
        sequenceNumber === "TRIM_HORIZON" ||
        sequence > BigInt(sequenceNumber) ||
        (sequence === BigInt(sequenceNumber) && sub > subSequenceNumber);
      const unread = messagesIn(leaseKey).filter(({ sequence, sub }) => isPast(sequence, sub));
      const taken = unread.slice(0, Math.min(left, 7));
      await java.take(leaseKey);
      handled.push(...taken.map(({ value }) => value));
      left -= taken.length;
      progress += taken.length;
      const last = taken.at(-1);
      if (last !== undefined) await java.checkpoint(leaseKey, String(last.sequence), last.sub);
      if (taken.length < unread.length || !fake.stream.shard(leaseKey).closed) continue;
      for (const child of fake.stream.shards().filter(({ parents }) => parents.includes(leaseKey))) {
        if (!present.has(child.id)) await java.create({ leaseKey: child.id, checkpoint: "TRIM_HORIZON", parents: child.parents });
      }
      await java.checkpoint(leaseKey, "SHARD_END");
      progress += 1;
    }
    for (const parent of done) {
      const children = leases.filter(({ parentShardIds }) => parentShardIds.includes(parent));
      if (children.length > 0 && children.every((child) => child.checkpoint.sequenceNumber !== "TRIM_HORIZON")) await java.remove(parent);
    }
    if (progress === 0) throw new Error("the library finds nothing to read");
  }
}

function start(stop: AbortController, isEnough: () => boolean) {
  const pipeline = consume(source, { ordering: "key", start: { at: "earliest" }, leaseDurationMs: 1_000 }).pipe(
    decode(text()),
    handle((value: string) => {
      // What comes after a stop has not started, so the handler is not asked again.
      handled.push(value);
      if (isEnough()) stop.abort(new Error("enough"));
    }),
    haltOnFailure(),
    checkpoint({ everyMs: 100 }),
  );
  return run(pipeline, { signal: stop.signal, worker: "ours" });
}

async function oursHandle(isEnough: () => boolean): Promise<void> {
  await stores.takeOver({ source, signal, observeMs: 10 });
  await start(new AbortController(), isEnough);
}

test("workers of the library, ours, theirs and ours again take turns on one table over splits: no message twice, none left out", async () => {
  const [left = "", right = ""] = fake.stream.shards().map(({ id }) => id);
  for (const leaseKey of [left, right]) await java.create({ leaseKey, checkpoint: "TRIM_HORIZON", owner: "java-1" });
  put(left, 10);
  put(right, 20);
  const [child, other] = fake.stream.split(left);
  put(child, 20);
  put(other, 20);
  await javaHandles(80);
  // The library has forgotten the shard that was split, which the stream still holds.
  expect((await java.list()).map(({ leaseKey }) => leaseKey)).not.toContain(left);

  await oursHandle(() => handled.length >= 110);
  const between = handled.length;
  expect(between).toBeGreaterThanOrEqual(110);

  const [grandchild] = fake.stream.split(child);
  put(grandchild, 10);
  await javaHandles(20);
  expect(handled.length).toBe(between + 20);

  put(right, 10);
  await oursHandle(() => handled.length >= expected.length);
  expect(handled.toSorted()).toEqual(expected.toSorted());
});

test("when a worker of the library starts beside ours, ours stop and say so, and the library goes on where they were", async () => {
  const [left = "", right = ""] = fake.stream.shards().map(({ id }) => id);
  put(left, 20);
  put(right, 20);
  const job = start(new AbortController(), () => false);
  await expect.poll(() => handled.length, { timeout: 20_000 }).toBe(expected.length);
  await expect
    .poll(async () => (await java.list()).every((lease) => /^\d+$/.test(lease.checkpoint.sequenceNumber)), { timeout: 20_000 })
    .toBe(true);
  put(left, 5);
  await expect.poll(() => handled.length, { timeout: 20_000 }).toBe(expected.length);
  // Ours may write between its look and its write; then it looks again.
  const take = (): Promise<boolean> =>
    java.take(left).then(
      () => true,
      () => false,
    );
  await expect.poll(take, { timeout: 20_000 }).toBe(true);
  await expect(job).rejects.toMatchObject({ code: "SPILLWAY_CONFLICT" });
  put(left, 5);
  put(right, 5);
  // What ours had not saved comes again.
  while (new Set(handled).size < expected.length) await javaHandles(1);
  expect(new Set(handled)).toEqual(new Set(expected));
});

test("a consumer in the library's layout is rewound, finished shards too, and the library sees where to", async () => {
  const [left = ""] = fake.stream.shards().map(({ id }) => id);
  put(left, 20);
  const [child] = fake.stream.split(left);
  put(child, 20);
  const isFinished = async (): Promise<boolean> => (await java.list()).some((lease) => lease.checkpoint.sequenceNumber === "SHARD_END");
  const stop = new AbortController();
  const job = start(stop, () => false);
  await expect.poll(async () => handled.length === expected.length && (await isFinished()), { timeout: 20_000 }).toBe(true);
  stop.abort(new Error("done"));
  await job;
  const { partitions } = await rewind(source, { at: "earliest" }, { signal });
  expect(partitions.map(({ partition, reopened }) => [partition, reopened])).toContainEqual([left, true]);
  const leases = new Map(
    (await java.list()).map(({ leaseKey, checkpoint: at, leaseOwner }) => [leaseKey, [at.sequenceNumber, leaseOwner]]),
  );
  expect([leases.get(left), leases.get(child)]).toEqual([
    ["TRIM_HORIZON", undefined],
    ["TRIM_HORIZON", undefined],
  ]);
  await start(new AbortController(), () => handled.length === 2 * expected.length);
  expect(handled.toSorted()).toEqual([...expected, ...expected].toSorted());
});
