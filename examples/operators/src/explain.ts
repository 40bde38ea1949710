import { checkpoint, constant, consume, decode, explain, haltOnFailure, handle, retry, run, sayExplanation, text } from "@spillway/core";
import { messages } from "./on-memory.ts";

const charged = consume(messages("A=A1", "A=A2", "B=B1"), { ordering: "key" }).pipe(
  decode(text()),
  handle(
    (order) => {
      if (order === "A1") throw new Error("no answer");
    },
    { name: "charge" },
  ),
  retry({ attempts: 3, backoff: constant(60_000) }),
  haltOnFailure(),
  checkpoint(),
);

console.log(sayExplanation(explain(charged)));

const stop = new AbortController();
const look = (): void => {
  for (const { unsettled, heldBehindFirst, firstUnsettled: first } of explain(charged).feeds) {
    console.log(`${unsettled} unsettled, ${heldBehindFirst} settled behind the first of them:`);
    console.log(`key ${first?.key}, attempt ${first?.attempt}, ${first?.state}: ${first?.lastError}`);
  }
  stop.abort();
};

await run(charged, { signal: stop.signal, onEvent: ({ type }) => void (type === "retrying" && setImmediate(look)) });
