import { charge, deadLetters, Order, signal, source } from "./surroundings.ts";
import { checkpoint, consume, deadLetter, decode, exponential, handle, json, retry, run } from "@spillway/core";

const charges = consume(source, { ordering: "key" }).pipe(
  decode(json(Order)),
  handle((order, { signal }) => charge(order, signal), { concurrency: 64, timeoutMs: 30_000 }),
  retry({ attempts: 5, backoff: exponential({ firstMs: 200, maxMs: 30_000 }) }),
  deadLetter(deadLetters),
  checkpoint(),
);

await run(charges, { signal });
