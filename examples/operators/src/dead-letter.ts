import { checkpoint, consume, deadLetter, decode, handle, text } from "@spillway/core";
import { messages, printedDeadLetters, runUntilEnded } from "./on-memory.ts";

const charged = consume(messages("A=A1", "A=A2", "B=B1", "A=A3"), { ordering: "key" }).pipe(
  decode(text()),
  handle((order) => {
    if (order === "A1") throw new TypeError("it has no total");
    console.log(`charges ${order}`);
  }),
  deadLetter(printedDeadLetters(), { keys: "dead-letter-until-cleared" }),
  checkpoint(),
);

await runUntilEnded(4, charged);
