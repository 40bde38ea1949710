import { checkpoint, classify, consume, deadLetter, decode, exponential, handle, retry, text, when } from "@spillway/core";
import { messages, printedDeadLetters, runUntilEnded } from "./on-memory.ts";

class CardDeclined extends Error {}

const charged = consume(messages("A=A1", "A=A2", "B=B1", "C=declined"), { ordering: "key" }).pipe(
  decode(text()),
  handle((order, { attempt }) => {
    console.log(`attempt ${attempt} of ${order}`);
    if (order === "A1" && attempt < 3) throw new Error("no answer");
    if (order === "declined") throw new CardDeclined("no such card");
  }),
  classify(when(CardDeclined, "permanent")),
  retry({ attempts: 5, backoff: exponential({ firstMs: 100, maxMs: 5_000, jitter: "none" }) }),
  deadLetter(printedDeadLetters()),
  checkpoint(),
);

await runUntilEnded(4, charged);
