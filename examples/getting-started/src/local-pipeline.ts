import {
  checkpoint,
  classify,
  consume,
  deadLetter,
  decode,
  exponential,
  filter,
  handle,
  json,
  publish,
  retry,
  run,
  when,
} from "@spillway/core";
import { localSink, localSource, openLocal, openLog, readDeadLetters } from "@spillway/local";
import { z } from "zod";

const Order = z.object({ id: z.string(), total: z.number() });

class CardDeclined extends Error {}

/** Stands in for a payment service: slow for one order, and not to be persuaded for another. */
async function charge(order: z.infer<typeof Order>, attempt: number): Promise<{ id: string; paid: number }> {
  if (order.id === "a-2" && attempt < 3) throw new Error("the payment service does not answer");
  if (order.id === "b-1") throw new CardDeclined("no such card");
  return { id: order.id, paid: order.total };
}

const store = await openLocal({ directory: "data/orders" });
const orders = await openLog({ store, log: "orders", partitions: 4 });
await openLog({ store, log: "charged", partitions: 4 });
await openLog({ store, log: "orders-dead", partitions: 1 });

await orders.append([
  { key: "ada", value: Buffer.from('{"id":"a-1","total":12}') },
  { key: "ada", value: Buffer.from('{"id":"a-2","total":30}') },
  { key: "ben", value: Buffer.from('{"id":"b-1","total":25}') },
  { key: "cem", value: Buffer.from('{"id":"c-1","total":0}') },
  { key: "dot", value: Buffer.from("not an order") },
]);

const charges = consume(localSource({ store, log: "orders", consumer: "charges" }), { ordering: "key" }).pipe(
  decode(json(Order)),
  filter((order) => order.total > 0, "nothing to pay"),
  handle((order, { attempt }) => charge(order, attempt), { concurrency: 64, timeoutMs: 30_000 }),
  publish(localSink({ store, log: "charged" }), (receipt, { message }) => ({
    key: message.key,
    value: Buffer.from(JSON.stringify(receipt)),
  })),
  classify(when(CardDeclined, "permanent")),
  retry({ attempts: 5, backoff: exponential({ firstMs: 100, maxMs: 5_000 }) }),
  deadLetter(localSink({ store, log: "orders-dead" })),
  checkpoint({ everyMessages: 1_000, everyMs: 5_000 }),
);

const report = await run(charges, { name: "charges", signal: AbortSignal.timeout(2_000) });
console.log(
  `${report.delivered} delivered = ${report.succeeded} succeeded + ${report.filtered} filtered + ${report.deadLettered} dead-lettered, ` +
    `after ${report.retries} retries`,
);

for await (const { metadata, payload } of readDeadLetters({ store, log: "orders-dead" })) {
  console.log(`${metadata.disposition} at ${metadata.stage}: ${metadata.error.message}`);
  console.log(`  ${Buffer.from(payload ?? []).toString()}`);
}
await store.close();
