import { equal } from "../kit/check.ts";
import { bytes, text } from "../kit/facts.ts";
import type { QueueSourceSuite } from "./queue-source-subject.ts";

/** What every queue source must do. */
export const queueSourceSuite: QueueSourceSuite = {
  name: "queue source",
  cases: [
    {
      name: "a payload arrives as it was sent",
      proves: "No byte of a payload is changed on the way, so a handler sees what was sent.",
      guarantee: "G1",
      needs: [],
      async run(subject, context) {
        await subject.send([{ key: "a", value: bytes("payload") }]);
        const received = await context.within("receiving", subject.source().receive({ maxMessages: 1, signal: context.signal }));
        equal("the payloads received", received.map((message) => text(message.value)), ["payload"]);
      },
    },
  ],
};
