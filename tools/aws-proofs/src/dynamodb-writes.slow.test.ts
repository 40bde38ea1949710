import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { fastClock, localClientConfig, startDynalite, startFaultProxy, startKinesisFake, type FakeCall } from "@spillway-tools/aws-fakes";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { dynamoDbStores, kclStores, type DynamoDbStores } from "@spillway/dynamodb";
import { kinesisSource } from "@spillway/kinesis";
import { expect, test } from "vitest";

type What = "lease" | "checkpoint";

/** How leases and checkpoints are kept, and what a write of that layout is about: a shard, and which of the two. */
const layouts: readonly {
  readonly name: string;
  readonly stores: (client: DynamoDBClient) => DynamoDbStores;
  readonly written: (call: FakeCall) => readonly [What, shard: string] | undefined;
}[] = [
  {
    name: "the layout of Spillway",
    stores: (client) => dynamoDbStores({ client, tableName: "spillway", createTable: true }),
    written: ({ operation, input }) => {
      const { item } = (input.Item ?? {}) as { item?: { S?: string } };
      const [what, shard = ""] = item?.S?.split("#") ?? [];
      return operation === "PutItem" ? [what as What, shard] : undefined;
    },
  },
  {
    name: "the layout of KCL",
    stores: (client) => kclStores({ client, kclTableName: "charges-app", tableName: "spillway", createTable: true }),
    written: ({ operation, input }) => {
      if (input.TableName !== "charges-app" || (operation !== "PutItem" && operation !== "UpdateItem")) return undefined;
      const { leaseKey } = (input.Item ?? input.Key) as { leaseKey?: { S?: string } };
      const values = new Set(Object.keys(input.ExpressionAttributeValues ?? {}));
      if (operation === "PutItem" || values.has(":lease")) return ["lease", leaseKey?.S ?? ""];
      // Loading raises the fence, once for each owner.
      return values.has(":mine") ? ["checkpoint", leaseKey?.S ?? ""] : undefined;
    },
  },
];

test.each(layouts)(
  "in $name a lease costs one checkpoint write an interval and one renewal a third of its duration, at most",
  async (layout) => {
    const shards = 4;
    // Long enough for a machine that is busy with other tests: a lease that is lost is written more often.
    const leaseDurationMs = 6_000;
    const everyMs = 500;
    const total = 2_000;
    const writes: (readonly [What, shard: string])[] = [];
    const note = (call: FakeCall): undefined => {
      const written = layout.written(call);
      if (written !== undefined) writes.push(written);
    };
    const dynalite = await startDynalite();
    const proxy = await startFaultProxy({ target: dynalite.endpoint, faults: note });
    const fake = await startKinesisFake({ shards });
    const kinesis = new KinesisClient(localClientConfig(fake.endpoint));
    const dynamoDb = new DynamoDBClient(localClientConfig(proxy.endpoint));
    const stores = layout.stores(dynamoDb);
    const source = kinesisSource({ client: kinesis, streamName: fake.streamName, consumer: "charges", stores, clock: fastClock(20) });
    const stop = new AbortController();
    const startedMs = Date.now();
    let handled = 0;
    const job = run(
      consume(source, { ordering: "key", leaseDurationMs }).pipe(
        handle(() => {
          handled += 1;
        }),
        haltOnFailure(),
        checkpoint({ everyMessages: 1_000_000, everyMs }),
      ),
      { signal: stop.signal },
    );
    // A steady trickle over every shard, so that each interval has something to save.
    for (let n = 0; n < total; n += 1) {
      fake.stream.put({ partitionKey: `key-${n}`, data: Buffer.from(String(n)) });
      if (n % 100 === 99) await expect.poll(() => handled, { timeout: 20_000, interval: 200 }).toBe(n + 1);
    }
    stop.abort(new Error("done"));
    await job;
    const elapsedMs = Date.now() - startedMs;
    for (let index = 0; index < shards; index += 1) {
      const shard = `shardId-${String(index).padStart(12, "0")}`;
      const count = (wanted: What): number => writes.filter(([what, of]) => what === wanted && of === shard).length;
      const checkpoints = count("checkpoint");
      const leases = count("lease");
      expect(Math.min(checkpoints, leases)).toBeGreaterThan(0);
      // One more for the save at the end; three more for making, taking and releasing the lease.
      expect(checkpoints).toBeLessThanOrEqual(Math.ceil(elapsedMs / everyMs) + 1);
      expect(leases).toBeLessThanOrEqual(Math.ceil(elapsedMs / (leaseDurationMs / 3)) + 3);
    }
    console.log(`${layout.name}: ${writes.length} writes for ${shards} shards in ${elapsedMs} ms`);
    kinesis.destroy();
    dynamoDb.destroy();
    await Promise.all([fake.stop(), proxy.stop()]);
    await dynalite.stop();
  },
);
