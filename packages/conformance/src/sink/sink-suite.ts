import { succeeded } from "@spillway/spec";
import { equal } from "../kit/check.ts";
import { bytes, text } from "../kit/facts.ts";
import type { SinkSuite } from "./sink-subject.ts";

/** What every sink must do. */
export const sinkSuite: SinkSuite = {
  name: "sink",
  cases: [
    {
      name: "ok means that the message is stored",
      proves: "A message whose write was confirmed is there, so settling the one it came from loses nothing.",
      guarantee: "G1",
      needs: [],
      async run(subject, context) {
        const results = await context.within("the write", subject.sink().write([{ key: "a", value: bytes("value") }], context));
        equal("the results", results, [succeeded]);
        const stored = await context.within("looking at what is stored", subject.stored());
        equal("the payloads stored", stored.map((message) => text(message.value)), ["value"]);
      },
    },
  ],
};
