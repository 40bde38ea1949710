import { charge, Order, signal } from "./surroundings.ts";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { checkpoint, consume, deadLetter, decode, exponential, handle, json, retry, run } from "@spillway/core";
import { dynamoDbStores } from "@spillway/dynamodb";
import { kinesisSink, kinesisSource } from "@spillway/kinesis";

const client = new KinesisClient({ requestHandler: new NodeHttpHandler() });
const stores = dynamoDbStores({ client: new DynamoDBClient({}), tableName: "spillway" });
const orders = kinesisSource({ client, streamName: "orders", consumer: "charges", stores });

const charges = consume(orders, { ordering: "key" }).pipe(
  decode(json(Order)),
  handle((order, { signal }) => charge(order, signal), { concurrency: 64 }),
  retry({ attempts: 5, backoff: exponential({ firstMs: 200, maxMs: 30_000 }) }),
  deadLetter(kinesisSink({ client, streamName: "orders-dead" })),
  checkpoint(),
);
await run(charges, { signal });
