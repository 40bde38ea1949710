import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { fastClock, localClientConfig, startKinesisFake } from "@spillway-tools/aws-fakes";
import { serversFor } from "@spillway-tools/servers";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { dynamoDbStores, kclStores, type DynamoDbStores } from "@spillway/dynamodb";
import { kinesisSource } from "@spillway/kinesis";
import type { Checkpoint, FencingToken, LeaseRecord, PartitionId, Position } from "@spillway/spec";
import { describe, expect, test } from "vitest";

const dynamoDbLocal = await serversFor("dynamodb");
const sequence = (n: number): Position => `4959033827149025660855969253836157109592157598913658${String(n).padStart(4, "0")}` as Position;

const layouts: readonly [string, (client: DynamoDBClient) => DynamoDbStores][] = [
  ["the layout of Spillway", (client) => dynamoDbStores({ client, tableName: `own-${process.pid}`, createTable: true })],
  [
    "the layout of KCL",
    (client) => kclStores({ client, kclTableName: `kcl-${process.pid}`, tableName: `beside-${process.pid}`, createTable: true }),
  ],
];

/** A client whose calls say what they consumed. */
function meteredClient(endpoint: string) {
  const client = new DynamoDBClient(localClientConfig(endpoint, 3));
  const units = { read: 0, write: 0 };
  client.middlewareStack.add(
    (next, context) => async (call) => {
      const command = context.commandName ?? "";
      if (command.startsWith("CreateTable") || command.startsWith("DescribeTable")) return next(call);
      const answer = await next({ ...call, input: { ...call.input, ReturnConsumedCapacity: "TOTAL" } });
      const { ConsumedCapacity } = answer.output as { ConsumedCapacity?: { CapacityUnits?: number } };
      units[/^(Query|Scan|Get)/.test(command) ? "read" : "write"] += ConsumedCapacity?.CapacityUnits ?? 0;
      return answer;
    },
    { step: "initialize" },
  );
  /** What a call consumed. */
  async function unitsOf(call: () => Promise<unknown>): Promise<number> {
    const before = units.read + units.write;
    await call();
    return units.read + units.write - before;
  }
  return { client, units, unitsOf };
}

describe.skipIf(dynamoDbLocal.skip !== undefined).each(layouts)("on DynamoDB Local, in %s,", (layout, storesOver) => {
  test("a save and a renewal cost one write unit for each started KB of their item", async () => {
    const { client, unitsOf } = meteredClient(dynamoDbLocal.endpoint);
    const { leases, checkpoints } = storesOver(client);
    const { signal } = new AbortController();
    const scope = "charges/units";
    const partition = "shardId-000000000099" as PartitionId;
    const lease = (version: number): LeaseRecord => ({
      partition,
      parents: ["shardId-000000000098" as PartitionId],
      version,
      token: 1 as FencingToken,
      owner: "charges-7c9d8b5f6d-x2x9q#m3k9v2a1-2f9k3j1x8",
      durationMs: 10_000,
      wantedBy: undefined,
      state: "open",
      start: { at: "earliest" },
    });
    const reading = (done: number): Checkpoint => ({
      state: "reading",
      from: { at: "after", position: sequence(0) },
      done: Array.from({ length: done }, (_, n) => sequence(n + 1)),
      attempting: undefined,
    });
    const save = (done: number) => () => checkpoints.save({ scope, partition }, reading(done), 1 as FencingToken, { signal });
    const renew = (version: number) => () => leases.compareAndSet(scope, version, lease(version + 1), { signal });
    await leases.compareAndSet(scope, undefined, lease(1), { signal });
    await checkpoints.load({ scope, partition }, 1 as FencingToken, { signal });
    const plainSave = await unitsOf(save(0));
    const plainRenewal = await unitsOf(renew(1));
    const fullSave = await unitsOf(save(checkpoints.maxDone));
    const fullRenewal = await unitsOf(renew(2));
    const look = await unitsOf(() => leases.list(scope, { signal }));
    console.log(
      `${layout}: save ${plainSave}, renewal ${plainRenewal}; with all ${checkpoints.maxDone} done positions: save ${fullSave}, renewal ${fullRenewal}; look at one lease ${look} (read)`,
    );
    const ownItems = layout === "the layout of Spillway";
    expect(plainSave).toBeGreaterThan(0);
    expect(plainSave).toBeLessThanOrEqual(1);
    expect(plainRenewal).toBeLessThanOrEqual(1);
    expect(fullSave).toBeLessThanOrEqual(Math.ceil((checkpoints.maxDone * 60) / 1_024) + 1);
    expect(fullRenewal).toBeLessThanOrEqual(ownItems ? 1 : fullSave);
    expect(look).toBeLessThanOrEqual(ownItems ? 1 : 2);
    await leases.remove(scope, partition, 3, { signal });
    client.destroy();
  });

  test("messages cost as many write units as renewals and saves, one for each, at the most", async () => {
    const shards = 4;
    const factor = 10;
    const perSecond = 1_000;
    const seconds = 100;
    const { client, units } = meteredClient(dynamoDbLocal.endpoint);
    const stores = storesOver(client);
    const clock = fastClock(factor);
    const fake = await startKinesisFake({ shards });
    const kinesis = new KinesisClient(localClientConfig(fake.endpoint));
    const source = kinesisSource({ client: kinesis, streamName: fake.streamName, consumer: "charges", stores, clock });
    const stop = new AbortController();
    const startedMs = clock.nowMs();
    let handled = 0;
    const job = run(
      consume(source, { ordering: "key" }).pipe(
        handle(() => {
          handled += 1;
        }),
        haltOnFailure(),
        checkpoint(),
      ),
      { signal: stop.signal, clock },
    );
    for (let second = 0; second < seconds; second += 1) {
      for (let n = 0; n < perSecond; n += 1) {
        fake.stream.put({ partitionKey: `key-${second * perSecond + n}`, data: Buffer.from("x") });
      }
      await new Promise<void>((resolve) => {
        clock.schedule(1_000, resolve);
      });
    }
    await expect.poll(() => handled, { timeout: 60_000 }).toBe(seconds * perSecond);
    stop.abort(new Error("done"));
    await job;
    const elapsedMs = clock.nowMs() - startedMs;
    const perMillion = (count: number): number => Math.round((count * 1_000_000) / handled);
    console.log(
      `${layout}: ${handled} messages over ${shards} shards in ${Math.round(elapsedMs / 1_000)} s: ${units.write} write units, ${units.read} read units; ` +
        `a million: ${perMillion(units.write)} and ${perMillion(units.read)}`,
    );
    const saves = (1 + elapsedMs / 5_000 + handled / shards / 1_000) * shards;
    // One more for making, taking, loading and releasing, and for the record of what existed at first.
    const renewals = (4 + elapsedMs / (10_000 / 3)) * shards + 2;
    expect(units.write).toBeGreaterThan(0);
    expect(units.write).toBeLessThanOrEqual(saves + renewals);
    kinesis.destroy();
    client.destroy();
    await fake.stop();
  });
});
