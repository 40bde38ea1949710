import { checkpoint, consume, deadLetter, decode, exponential, handle, json, retry, run } from "@spillway/core";
import { memoryLog, memoryLogSink, memorySource } from "@spillway/memory";
import { z } from "zod";

const Order = z.object({ id: z.string(), total: z.number() });

const orders = memoryLog({ name: "orders", partitions: 4 });
const deadOrders = memoryLog({ name: "orders-dead" });

orders.append([
  { key: "ada", value: Buffer.from('{"id":"a-1","total":12}') },
  { key: "ada", value: Buffer.from('{"id":"a-2","total":"a lot"}') },
  { key: "ada", value: Buffer.from('{"id":"a-3","total":30}') },
]);

const charges = consume(memorySource({ log: orders, consumer: "charges" }), { ordering: "key" }).pipe(
  decode(json(Order)),
  handle(async (order) => {
    console.log(`charging ${order.total} for ${order.id}`);
  }),
  retry({ attempts: 5, backoff: exponential({ firstMs: 100, maxMs: 5_000 }) }),
  deadLetter(memoryLogSink({ log: deadOrders })),
  checkpoint(),
);

const { delivered, succeeded, deadLettered } = await run(charges, { signal: AbortSignal.timeout(2_000) });
console.log(`${delivered} delivered = ${succeeded} succeeded + ${deadLettered} dead-lettered`);
