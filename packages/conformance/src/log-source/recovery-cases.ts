import type { StartPosition } from "@spillway/spec";
import { equal, fail, holds, settled } from "../kit/check.ts";
import { ConformanceFailure } from "../kit/conformance-failure.ts";
import { text } from "../kit/facts.ts";
import type { LogSourceSuite } from "./log-source-subject.ts";
import { fill, numbered } from "./partitions.ts";
import { reading } from "./reading.ts";

const earliest = { at: "earliest" } as const;

/** Where a reading goes on after something went wrong. */
export const recoveryCases: LogSourceSuite["cases"] = [
  {
    name: "a batch that was given up halfway is read again from the middle",
    proves: "Being given is not being settled: what a reader took and did not finish is there for the next.",
    guarantee: "G10",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 5));
      const given = reading(source, partition, earliest, context);
      const position = (await given.take(2))[1]?.position ?? fail("two messages were given", 2, "fewer");
      await given.close();
      const again = reading(source, partition, { at: "after", position }, context);
      equal(
        "the payloads",
        (await again.take(3)).map(({ value }) => text(value)),
        ["message 2", "message 3", "message 4"],
      );
      await again.close();
    },
  },
  {
    name: "a reading whose process died goes on after any position it had given",
    proves: "A crash without a close loses nothing: the successor is given every message after the checkpoint, once.",
    guarantee: "G10",
    needs: ["reopen"],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 5));
      const dying = reading(source, partition, earliest, context);
      const position = (await dying.take(2))[1]?.position ?? fail("two messages were given", 2, "fewer");
      await context.within("reopening", subject.reopen());
      await context.within("appending", subject.append(numbered("sentinel", 1)));
      const successor = reading(subject.source("consumer"), partition, { at: "after", position }, context);
      const given = await successor.takeThrough(({ value }) => text(value) === "sentinel 0");
      await successor.close();
      equal(
        "the payloads",
        given.map(({ value }) => text(value)),
        ["message 2", "message 3", "message 4", "sentinel 0"],
      );
    },
  },
  {
    name: "messages trimmed before they were read are reported lost",
    proves: "Retention that overtakes a consumer is told, with what is left read on: it is never a silent gap.",
    guarantee: "G7",
    needs: ["trim"],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 6));
      const [first, , , fourth] = messages;
      if (first === undefined || fourth === undefined) return fail("messages were appended", 6, messages.length);
      await context.within("trimming", subject.trim(partition, fourth.position));
      const reader = reading(source, partition, { at: "after", position: first.position }, context);
      equal(
        "the payloads that are left",
        (await reader.take(2)).map(({ value }) => text(value)),
        ["message 4", "message 5"],
      );
      await reader.close();
      const lost = reader.batches.flatMap((batch) => batch.lost ?? []);
      equal("the number of reports", lost.length, 1);
      holds("the report counts the three that were dropped, or says that nobody knows", [3, undefined].includes(lost[0]?.count), lost[0]);
    },
  },
  {
    name: "earliest of a trimmed partition is the oldest message left",
    proves: "A consumer that begins after a trim begins with what there is.",
    guarantee: "G1",
    needs: ["trim"],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 4));
      await context.within(
        "trimming",
        subject.trim(partition, messages[1]?.position ?? fail("messages were appended", 4, messages.length)),
      );
      const reader = reading(source, partition, earliest, context);
      equal(
        "the payloads",
        (await reader.take(2)).map(({ value }) => text(value)),
        ["message 2", "message 3"],
      );
      await reader.close();
    },
  },
  {
    name: "a position that is not of this log never skips a message",
    proves: "A foreign or damaged checkpoint is refused or replayed from the earliest message; taken at its word, it would lose messages.",
    guarantee: "G10",
    needs: ["foreignPosition"],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 4));
      const from: StartPosition = { at: "after", position: subject.foreignPosition };
      const reader = reading(source, partition, from, context);
      const outcome = await settled(reader.take(4));
      // A refusal ends the reading by itself; waiting for ever is neither a refusal nor a replay.
      if (outcome.state === "rejected" && outcome.error instanceof ConformanceFailure) throw outcome.error;
      if (outcome.state === "resolved")
        equal(
          "the messages replayed",
          outcome.value.map(({ id }) => id),
          messages.map(({ id }) => id),
        );
    },
  },
];
