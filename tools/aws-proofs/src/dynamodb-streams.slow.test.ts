import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import {
  fastClock,
  localClientConfig,
  startDynalite,
  startTableStreamsFake,
  type JsonServer,
  type TableStreamsFake,
} from "@spillway-tools/aws-fakes";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { dynamoDbStores } from "@spillway/dynamodb";
import { dynamoDbStreamSource, type Change } from "@spillway/dynamodb-streams";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keyHistory } from "./key-history.ts";

const items = 50;

let dynalite: JsonServer;
let fake: TableStreamsFake;
let streams: DynamoDBStreamsClient;
let dynamoDb: DynamoDBClient;

beforeEach(async () => {
  dynalite = await startDynalite();
  fake = await startTableStreamsFake({ shards: 4, viewType: "NEW_IMAGE" });
  streams = new DynamoDBStreamsClient(localClientConfig(fake.endpoint));
  dynamoDb = new DynamoDBClient(localClientConfig(dynalite.endpoint, 3));
});
afterEach(async () => {
  streams.destroy();
  dynamoDb.destroy();
  await Promise.all([fake.stop(), dynalite.stop()]);
});

function pipeline(handler: (change: Change<"NEW_IMAGE">) => void) {
  const stores = dynamoDbStores({ client: dynamoDb, tableName: "spillway", createTable: true });
  const source = dynamoDbStreamSource({
    client: streams,
    tableName: fake.tableName,
    view: "NEW_IMAGE",
    consumer: "index",
    stores,
    clock: fastClock(20),
  });
  return consume(source, { ordering: "key", leaseDurationMs: 1_000 }).pipe(
    handle(handler),
    haltOnFailure(),
    checkpoint({ everyMessages: 500, everyMs: 200 }),
  );
}

test("shards roll and split again and again, and the stream is made anew, while workers come, go and vanish: none lost, each item in order", async () => {
  const total = 20_000;
  const history = keyHistory();
  const handler = (change: Change<"NEW_IMAGE">): void => {
    if (change.kind !== "remove") history.saw(change.keys.id as string, change.newImage.n as number);
  };
  let made = 0;
  const make = (count: number): void => {
    for (let n = 0; n < count; n += 1) {
      const id = { S: `item-${made % items}` };
      fake.stream().change({ eventName: "MODIFY", keys: { id }, newImage: { id, n: { N: String(Math.floor(made / items)) } } });
      made += 1;
    }
  };
  const stops = [new AbortController(), new AbortController()] as const;
  const first = run(pipeline(handler), { signal: stops[0].signal, drainTimeoutMs: 5_000, worker: "first" });
  let byVanishing = 0;
  const vanishing = pipeline((change) => {
    byVanishing += 1;
    handler(change);
  }).subscribe();
  for (let round = 0; round < 16; round += 1) {
    make(1_000);
    const open = fake
      .stream()
      .shards()
      .filter(({ closed }) => !closed);
    const rolled = open[round % open.length]?.id ?? "";
    if (round % 5 === 4) fake.stream().split(rolled);
    else fake.stream().roll(rolled);
    await expect.poll(() => history.distinct, { timeout: 60_000 }).toBeGreaterThan(round * 500);
    if (round !== 4) continue;
    await expect
      .poll(
        () => {
          make(10);
          return byVanishing;
        },
        { timeout: 30_000, interval: 20 },
      )
      .toBeGreaterThan(0);
    vanishing.unsubscribe();
  }
  const second = run(pipeline(handler), { signal: stops[1].signal, drainTimeoutMs: 5_000, worker: "second" });
  make(1_000);
  fake.reenable();
  make(total - made);
  await expect.poll(() => history.distinct, { timeout: 120_000, interval: 100 }).toBe(made);
  expect(history.violations).toEqual([]);
  for (const stop of stops) stop.abort(new Error("done"));
  for (const { delivered, succeeded, aborted } of [await first, await second]) expect(delivered).toBe(succeeded + aborted);
  console.log(`${made} changes, ${history.repeats} of them handled again`);
});
