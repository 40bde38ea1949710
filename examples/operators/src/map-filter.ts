import { checkpoint, consume, decode, filter, haltOnFailure, handle, map, text } from "@spillway/core";
import { counts, messages, runUntilEnded } from "./on-memory.ts";

const paid = consume(messages("12", "0", "30"), { ordering: "partition" }).pipe(
  decode(text()),
  map(Number),
  filter((total) => total > 0, "nothing to pay"),
  handle((total) => console.log(`charges ${total}`)),
  haltOnFailure(),
  checkpoint(),
);

console.log(counts(await runUntilEnded(3, paid)));
