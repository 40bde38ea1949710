import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, consume, deadLetter, decode, handle, text } from "@spillway/core";
import { messages, printedDeadLetters, runUntilEnded } from "./on-memory.ts";

const charged = consume(messages("A=quick", "A=slow", "A=quick again"), { ordering: "key" }).pipe(
  decode(text()),
  handle(
    async (order, { attempt, signal }) => {
      console.log(`attempt ${attempt} of "${order}"`);
      if (order === "slow") await sleep(60_000, undefined, { signal });
    },
    { concurrency: 64, timeoutMs: 200 },
  ),
  deadLetter(printedDeadLetters()),
  checkpoint(),
);

await runUntilEnded(3, charged);
