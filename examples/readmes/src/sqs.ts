import { charge, Order, signal } from "./surroundings.ts";
import { SQSClient } from "@aws-sdk/client-sqs";
import { checkpoint, consume, deadLetter, decode, exponential, handle, json, retry, run } from "@spillway/core";
import { sqsSink, sqsSource } from "@spillway/sqs";

const client = new SQSClient({});
const orders = sqsSource({ client, queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo", fifo: true });
const dead = sqsSink({ client, queueUrl: "https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dead.fifo", fifo: true });

const charges = consume(orders, { ordering: "key" }).pipe(
  decode(json(Order)),
  handle((order, { signal }) => charge(order, signal), { concurrency: 64 }),
  retry({ attempts: 5, backoff: exponential({ firstMs: 200, maxMs: 30_000 }) }),
  deadLetter(dead),
  checkpoint(),
);
await run(charges, { signal });
