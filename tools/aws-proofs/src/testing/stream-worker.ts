import { appendFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { fastClock, localClientConfig } from "@spillway-tools/aws-fakes";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { dynamoDbStores } from "@spillway/dynamodb";
import { dynamoDbStreamSource, type Change } from "@spillway/dynamodb-streams";

/** A worker on a table's stream in a process of its own: it appends what it handles to a file that all workers share. */
const [handledFile = "", streamsEndpoint = "", dynamoDbEndpoint = "", tableName = "", worker = "", leaseDurationMs = "5000"] =
  process.argv.slice(2);
const stores = dynamoDbStores({
  client: new DynamoDBClient(localClientConfig(dynamoDbEndpoint, 3)),
  tableName: "spillway",
  createTable: true,
});
const changes = dynamoDbStreamSource({
  client: new DynamoDBStreamsClient(localClientConfig(streamsEndpoint)),
  tableName,
  view: "NEW_IMAGE",
  consumer: "index",
  stores,
  clock: fastClock(20),
});

function index(change: Change<"NEW_IMAGE">): void {
  if (change.kind === "remove") return;
  // One write for each line, at the file's end, wherever that is then: the file has the order in which all workers did their work.
  appendFileSync(handledFile, `${worker} ${change.newImage.id as string} ${change.newImage.n as number}\n`);
}

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort(new Error("SIGTERM")));
await run(
  consume(changes, { ordering: "key", leaseDurationMs: Number(leaseDurationMs) }).pipe(
    handle(index),
    haltOnFailure(),
    checkpoint({ everyMessages: 500, everyMs: 200 }),
  ),
  { signal: stop.signal, drainTimeoutMs: 5_000, worker },
);
