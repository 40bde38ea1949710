import { checkpoint, consumeAll, decode, haltOnFailure, handle, text } from "@spillway/core";
import { messages, runUntilEnded } from "./on-memory.ts";

const urgent = messages("urgent 1", "urgent 2");
const bulk = messages("bulk 1", "bulk 2");

const ranked = consumeAll(
  [
    { source: urgent, priority: 1 },
    { source: bulk, maxInFlight: 500 },
  ],
  { ordering: "none" },
).pipe(
  decode(text()),
  handle(async (order) => console.log(order), { concurrency: 1 }),
  haltOnFailure(),
  checkpoint(),
);

await runUntilEnded(4, ranked);
