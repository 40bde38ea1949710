import { appendFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { fastClock, localClientConfig } from "@spillway-tools/aws-fakes";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, run, text } from "@spillway/core";
import { dynamoDbStores } from "@spillway/dynamodb";
import { kinesisSink, kinesisSource } from "@spillway/kinesis";

/** A worker in a process of its own: it writes what it handles into a file, each line after a prefix, and the message "killer" kills it. */
const [handledFile = "", ordersEndpoint = "", lettersEndpoint = "", dynamoDbEndpoint = "", leaseDurationMs = "1000", prefix = ""] =
  process.argv.slice(2);
const stores = dynamoDbStores({
  client: new DynamoDBClient(localClientConfig(dynamoDbEndpoint, 3)),
  tableName: "spillway",
  createTable: true,
});
const orders = kinesisSource({
  client: new KinesisClient(localClientConfig(ordersEndpoint)),
  streamName: "orders",
  consumer: "charges",
  stores,
  clock: fastClock(20),
});
const letters = kinesisSink({ client: new KinesisClient(localClientConfig(lettersEndpoint)), streamName: "letters" });

function charge(value: string): void {
  if (value === "killer") process.kill(process.pid, "SIGKILL");
  // Written at once, and not into a pipe, which may be full: what is handled before a death must have been told.
  appendFileSync(handledFile, `${prefix}${value}\n`);
}

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort(new Error("SIGTERM")));
await run(
  consume(orders, { ordering: "key", crashLimit: 2, leaseDurationMs: Number(leaseDurationMs) }).pipe(
    decode(text()),
    handle(charge),
    retry({ attempts: 2, backoff: constant(10) }),
    deadLetter(letters),
    checkpoint({ everyMessages: 20, everyMs: 100 }),
  ),
  { signal: stop.signal, drainTimeoutMs: 5_000 },
);
