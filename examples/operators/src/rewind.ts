import { checkpoint, consume, decode, haltOnFailure, handle, rewind, text } from "@spillway/core";
import { memoryLog, memorySource, memoryStores } from "@spillway/memory";
import { runUntilEnded } from "./on-memory.ts";

const log = memoryLog({ name: "orders" });
const stores = memoryStores();
const orders = () => memorySource({ log, consumer: "charges", stores });
const charges = () =>
  consume(orders(), { ordering: "none" }).pipe(
    decode(text()),
    handle((order) => console.log(`charges ${order}`)),
    haltOnFailure(),
    checkpoint(),
  );

log.append([{ value: Buffer.from("order 1") }]);
await runUntilEnded(1, charges());

log.append([{ value: Buffer.from("order 2") }]);
console.log("started again, it goes on where it was:");
await runUntilEnded(1, charges());

const { redelivered } = await rewind(orders(), { at: "earliest" }, { signal: AbortSignal.timeout(60_000) });
console.log("rewound:", redelivered);
await runUntilEnded(2, charges());
