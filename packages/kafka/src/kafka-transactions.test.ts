import { Kafka } from "kafkajs";
import { expect, test } from "vitest";
import { kafkaSink } from "./kafka-sink.ts";
import { kafkaSource } from "./kafka-source.ts";
import { kafkaTransactions } from "./kafka-transactions.ts";

const client = new Kafka({ brokers: ["127.0.0.1:1"] });
const invalid = { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" };
const calls = { signal: new AbortController().signal };

test("transactions belong to one source", () => {
  const transactions = kafkaTransactions();
  kafkaSource({ client, topic: "a", groupId: "g", transactions });
  expect(() => kafkaSource({ client, topic: "b", groupId: "g", transactions })).toThrow(expect.objectContaining(invalid));
});

test("a source and its sinks have one client, because a transaction is one cluster's", () => {
  const transactions = kafkaTransactions();
  kafkaSink({ client, topic: "a", transactions });
  kafkaSink({ client, topic: "b", transactions });
  const other = new Kafka({ brokers: ["127.0.0.1:1"] });
  expect(() => kafkaSource({ client: other, topic: "a", groupId: "g", transactions })).toThrow(expect.objectContaining(invalid));
});

test("a time that no broker allows is refused at once", () => {
  expect(() => kafkaTransactions({ timeoutMs: 0 })).toThrow(expect.objectContaining(invalid));
});

test.each([0, Number.NaN, Number.POSITIVE_INFINITY])("%s bytes of outputs are no bound", (maxOutputBytes) => {
  expect(() => kafkaTransactions({ maxOutputBytes })).toThrow(expect.objectContaining(invalid));
});

test("a sink in transactions takes nothing that was made of no message of their source", async () => {
  const sink = kafkaSink({ client, topic: "a", transactions: kafkaTransactions() });
  await expect(sink.write([{ value: null }], calls)).rejects.toMatchObject(invalid);
});
