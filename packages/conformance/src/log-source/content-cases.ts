import type { LogSourceSuite } from "./log-source-subject.ts";
import { equal } from "../kit/check.ts";
import { text } from "../kit/facts.ts";
import { fill, numbered } from "./partitions.ts";

/** What a message says when it arrives. */
export const contentCases: LogSourceSuite["cases"] = [
  {
    name: "a payload arrives as it was appended",
    proves: "No byte of a payload is changed on the way, so a handler sees what was sent.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      const { messages } = await fill(subject, context, numbered("payload", 3));
      equal("the payloads, in order", messages.map((message) => text(message.value)), ["payload 0", "payload 1", "payload 2"]);
    },
  },
];
