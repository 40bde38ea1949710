import { CreateTableCommand, DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { fastClock, localClientConfig, startDynalite, startKinesisFake } from "@spillway-tools/aws-fakes";
import { checkpoint, consume, decode, haltOnFailure, handle, run, text } from "@spillway/core";
import { dynamoDbStores, takeOverFromKcl } from "@spillway/dynamodb";
import { kinesisSource } from "@spillway/kinesis";
import { expect, test } from "vitest";

test("a consumer goes on where workers of the Kinesis Client Library stopped: no record twice, none left out", async () => {
  const dynalite = await startDynalite();
  const fake = await startKinesisFake({ shards: 2 });
  const kinesis = new KinesisClient(localClientConfig(fake.endpoint));
  const dynamoDb = new DynamoDBClient(localClientConfig(dynalite.endpoint));
  const [left = "", right = ""] = fake.stream.shards().map(({ id }) => id);
  const put = (shard: string, value: string): string =>
    fake.stream.putTo(shard, { partitionKey: value, data: Buffer.from(value) }).sequenceNumber;
  const expected: string[] = [];
  // The library has read all of the left shard and a third of its child, and forgotten the left shard's row; of the right one it has read a half.
  for (let n = 0; n < 30; n += 1) put(left, `left-${n}`);
  const [child, other] = fake.stream.split(left);
  let childAt = "";
  let rightAt = "";
  for (let n = 0; n < 30; n += 1) {
    const sequenceNumber = put(child, `child-${n}`);
    if (n === 9) childAt = sequenceNumber;
    if (n > 9) expected.push(`child-${n}`);
  }
  for (let n = 0; n < 20; n += 1) {
    const sequenceNumber = put(right, `right-${n}`);
    if (n === 9) rightAt = sequenceNumber;
    if (n > 9) expected.push(`right-${n}`);
  }
  // The other child it has not begun; a grandchild is born after it was stopped.
  put(other, "other-0");
  expected.push("other-0");
  const [grandchild] = fake.stream.split(child);
  put(grandchild, "grandchild-0");
  expected.push("grandchild-0");

  await dynamoDb.send(
    new CreateTableCommand({
      TableName: "charges-kcl",
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
    }),
  );
  for (const [leaseKey, at] of [
    [child, childAt],
    [right, rightAt],
    [other, "TRIM_HORIZON"],
  ] as const) {
    const Item = { leaseKey: { S: leaseKey }, leaseCounter: { N: "5" }, checkpoint: { S: at }, checkpointSubSequenceNumber: { N: "0" } };
    await dynamoDb.send(new PutItemCommand({ TableName: "charges-kcl", Item }));
  }

  const stores = dynamoDbStores({ client: dynamoDb, tableName: "spillway", createTable: true });
  const source = kinesisSource({ client: kinesis, streamName: fake.streamName, consumer: "charges/v2", stores, clock: fastClock(20) });
  const { signal } = new AbortController();
  await takeOverFromKcl({ client: dynamoDb, kclTableName: "charges-kcl", source, signal, observeMs: 10 });

  const handled: string[] = [];
  const stop = new AbortController();
  const job = run(
    consume(source, { ordering: "key", start: { at: "earliest" }, leaseDurationMs: 1_000 }).pipe(
      decode(text()),
      handle((value: string) => void handled.push(value)),
      haltOnFailure(),
      checkpoint({ everyMs: 100 }),
    ),
    { signal: stop.signal },
  );
  await expect.poll(() => handled.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(expected.length);
  stop.abort(new Error("done"));
  await job;
  expect(handled.toSorted()).toEqual(expected.toSorted());
  kinesis.destroy();
  dynamoDb.destroy();
  await Promise.all([fake.stop(), dynalite.stop()]);
});
