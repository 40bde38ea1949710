import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { fastClock, localClientConfig, startDynalite, startFaultProxy, startKinesisFake, type FakeCall } from "@spillway-tools/aws-fakes";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { dynamoDbStores } from "@spillway/dynamodb";
import { kinesisSource } from "@spillway/kinesis";
import { expect, test } from "vitest";

test("a lease costs one checkpoint write an interval and one renewal a third of its duration, at most", async () => {
  const shards = 4;
  const leaseDurationMs = 1_500;
  const everyMs = 500;
  const total = 2_000;
  const puts: { readonly item: string; readonly owner: unknown; readonly state: unknown }[] = [];
  const note = ({ operation, input }: FakeCall): undefined => {
    const item = input.Item as Record<string, { S?: string }> | undefined;
    if (operation === "PutItem" && item !== undefined) puts.push({ item: item.item?.S ?? "", owner: item.owner?.S, state: item.state?.S });
  };
  const dynalite = await startDynalite();
  const proxy = await startFaultProxy({ target: dynalite.endpoint, faults: note });
  const fake = await startKinesisFake({ shards });
  const kinesis = new KinesisClient(localClientConfig(fake.endpoint));
  const dynamoDb = new DynamoDBClient(localClientConfig(proxy.endpoint));
  const stores = dynamoDbStores({ client: dynamoDb, tableName: "spillway", createTable: true });
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
    const checkpoints = puts.filter(({ item }) => item === `checkpoint#${shard}`).length;
    const leases = puts.filter(({ item }) => item === `lease#${shard}`).length;
    expect(checkpoints).toBeGreaterThan(0);
    // One more for the save at the end; three more for making, taking and releasing the lease.
    expect(checkpoints).toBeLessThanOrEqual(Math.ceil(elapsedMs / everyMs) + 1);
    expect(leases).toBeLessThanOrEqual(Math.ceil(elapsedMs / (leaseDurationMs / 3)) + 3);
  }
  console.log(`${puts.length} writes for ${shards} shards in ${elapsedMs} ms`);
  kinesis.destroy();
  dynamoDb.destroy();
  await Promise.all([fake.stop(), proxy.stop()]);
  await dynalite.stop();
});
