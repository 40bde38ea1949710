import { equal, holds, settled } from "../kit/check.ts";
import { text, upTo } from "../kit/facts.ts";
import { ownSignal } from "../kit/listeners.ts";
import { expectAbortEnds } from "../kit/under-way.ts";
import type { SinkSuite } from "./sink-subject.ts";
import { keyed, storedIn, storedTexts, writeAll } from "./writing.ts";

/** Writes after, beside and instead of one another. */
export const writingCases: SinkSuite["cases"] = [
  {
    name: "messages of a key are stored in the order of their write",
    proves: "The output of one lane is in the lane's order.",
    guarantee: "G3",
    needs: ["keyOrder", "keys"],
    async run(subject, context) {
      const sink = subject.sink();
      const size = Math.min(sink.traits.maxBatchSize, 60);
      await writeAll(
        sink,
        upTo(size).map((n) => keyed(`key-${n % 3}`, n)),
        context,
      );
      const stored = await storedIn(subject, context);
      for (const key of ["key-0", "key-1", "key-2"]) {
        const values = stored.map(({ value }) => text(value) ?? "").filter((value) => value.startsWith(`${key} `));
        equal(
          `the messages of ${key}`,
          values,
          upTo(size)
            .filter((n) => `key-${n % 3}` === key)
            .map((n) => `${key} ${n}`),
        );
      }
    },
  },
  {
    name: "writes that follow one another are stored in their order",
    proves: "A confirmed write comes before whatever is written after it, within a key.",
    guarantee: "G3",
    needs: ["keyOrder", "keys"],
    async run(subject, context) {
      const sink = subject.sink();
      for (const n of upTo(12)) await writeAll(sink, [keyed("a", n)], context);
      equal(
        "the payloads stored",
        await storedTexts(subject, context),
        upTo(12).map((n) => `a ${n}`),
      );
    },
  },
  {
    name: "writes under way at the same time are stored, each once",
    proves: "Lanes write side by side without losing or doubling one another's messages.",
    guarantee: "G4",
    needs: [],
    async run(subject, context) {
      const sink = subject.sink();
      await Promise.all(upTo(12).map((n) => writeAll(sink, [keyed(`lane-${n}`, n)], context)));
      equal(
        "the payloads stored",
        (await storedTexts(subject, context)).toSorted(),
        upTo(12)
          .map((n) => `lane-${n} ${n}`)
          .toSorted(),
      );
    },
  },
  {
    name: "a message may be written again",
    proves: "After a write whose outcome is unknown the same message is written once more, and is confirmed.",
    guarantee: "G7",
    needs: [],
    async run(subject, context) {
      const sink = subject.sink();
      const message = { ...keyed("a", 0), id: "the-same-id" };
      await writeAll(sink, [message], context);
      await writeAll(sink, [message], context);
      holds("the message is stored", (await storedTexts(subject, context)).includes("a 0"), "it is not");
    },
  },
  {
    name: "a message written again under the same id is stored once",
    proves: "Retries after an unknown outcome leave no duplicate where the sink can tell.",
    guarantee: "G6",
    needs: ["deduplication"],
    async run(subject, context) {
      const sink = subject.sink();
      const message = { ...keyed("a", 0), id: "the-same-id" };
      await writeAll(sink, [message], context);
      await writeAll(sink, [message], context);
      equal("the payloads stored", await storedTexts(subject, context), ["a 0"]);
    },
  },
  {
    name: "a write whose signal is aborted already rejects",
    proves: "A stop does not wait for a sink, and a message that was not written is not taken for written.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const own = ownSignal();
      own.abort();
      const outcome = await context.within("the end of the write", settled(subject.sink().write([keyed("a", 0)], { signal: own.signal })));
      equal("how the call ended", outcome.state, "rejected");
    },
  },
  {
    name: "a write that has answered leaves no listener on its signal",
    proves: "A signal that lives as long as the pipeline does not gather the remains of every write.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const own = ownSignal();
      await context.within("the write", subject.sink().write([keyed("a", 0)], { signal: own.signal }));
      own.expectNoListeners("the listeners left by the write");
    },
  },
  {
    name: "an abort ends a write that is under way",
    proves: "A stop is not held up by a sink that has not answered; what became of the messages is unknown, and is not taken for written.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const sink = subject.sink();
      await expectAbortEnds("the write", (options) => sink.write([keyed("a", 0)], options), context);
    },
  },
];
