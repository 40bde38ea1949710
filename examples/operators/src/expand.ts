import { checkpoint, consume, deadLetter, decode, expand, handle, text } from "@spillway/core";
import { messages, printedDeadLetters, runUntilEnded } from "./on-memory.ts";

const files = consume(messages("a b c", "d"), { ordering: "partition" }).pipe(
  decode(text()),
  expand((list) => list.split(" ")),
  handle((file) => {
    if (file === "b") throw new TypeError("it is no image");
    console.log(`scales ${file}`);
  }),
  deadLetter(printedDeadLetters()),
  checkpoint(),
);

await runUntilEnded(4, files);
