import { checkpoint, consume, deadLetter, decode, handle, json } from "@spillway/core";
import { messages, printedDeadLetters, runUntilEnded } from "./on-memory.ts";

const decoded = consume(messages('{"id":1}', '{"id":'), { ordering: "partition" }).pipe(
  decode(json()),
  handle((order) => console.log(order)),
  deadLetter(printedDeadLetters()),
  checkpoint(),
);

await runUntilEnded(2, decoded);
