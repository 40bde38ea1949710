import { checkpoint, consume, deadLetter, decode, handleBatch, text } from "@spillway/core";
import { messages, printedDeadLetters, runUntilEnded } from "./on-memory.ts";

const inserted = consume(messages("1", "2", "3", "4", "5", "6", "7", "8"), { ordering: "none" }).pipe(
  decode(text()),
  handleBatch(
    async (rows) => {
      const isPoisoned = rows.includes("7");
      console.log(`inserts ${rows.join(" ")}${isPoisoned ? ": fails" : ""}`);
      if (isPoisoned) throw new TypeError("a row violates the constraint");
    },
    { maxMessages: 8, lingerMs: 50 },
  ),
  deadLetter(printedDeadLetters()),
  checkpoint(),
);

await runUntilEnded(8, inserted);
