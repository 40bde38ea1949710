import type { StartPosition } from "@spillway/spec";
import { equal, fail, holds, meanwhile, settled } from "../kit/check.ts";
import { ConformanceFailure } from "../kit/conformance-failure.ts";
import { bytes, text, upTo } from "../kit/facts.ts";
import type { LogSourceSuite } from "./log-source-subject.ts";
import { fill, numbered } from "./partitions.ts";
import { reading } from "./reading.ts";

const earliest = { at: "earliest" } as const;

/** Where a reading begins. */
export const startCases: LogSourceSuite["cases"] = [
  {
    name: "earliest gives what was appended before the reading began",
    proves: "A new consumer reaches the oldest message that the log holds.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 3));
      const reader = reading(source, partition, earliest, context);
      equal(
        "the payloads",
        (await reader.take(3)).map(({ value }) => text(value)),
        upTo(3).map((n) => `message ${n}`),
      );
      await reader.close();
    },
  },
  {
    name: "a reading that waits is given what is appended meanwhile",
    proves: "A consumer that has caught up goes on by itself; it does not wait for ever and does not have to begin again.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 1));
      const reader = reading(source, partition, earliest, context);
      equal("the first", (await reader.take(1))[0]?.id, messages[0]?.id);
      const waiting = meanwhile(reader.take(2));
      await context.within("appending", subject.append(numbered("later", 2)));
      equal(
        "the payloads appended meanwhile",
        (await waiting).map(({ value }) => text(value)),
        ["later 0", "later 1"],
      );
      await reader.close();
    },
  },
  {
    name: "after a position begins with the message that follows it",
    proves: "A restart from a checkpoint neither runs the last settled message again nor skips the next.",
    guarantee: "G2",
    needs: [],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 6));
      for (const [index, { position }] of messages.slice(0, -1).entries()) {
        const reader = reading(source, partition, { at: "after", position }, context);
        equal(
          `what follows message ${index}`,
          (await reader.take(1)).map(({ value }) => text(value)),
          [`message ${index + 1}`],
        );
        await reader.close();
      }
    },
  },
  {
    name: "after the last position gives only what is appended later",
    proves: "A consumer that has settled everything is not given anything again, and misses nothing new.",
    guarantee: "G2",
    needs: [],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 4));
      const last = messages.at(-1) ?? fail("messages were appended", 4, messages.length);
      const reader = reading(source, partition, { at: "after", position: last.position }, context);
      await context.within("appending", subject.append(numbered("later", 2)));
      equal(
        "the payloads",
        (await reader.take(2)).map(({ value }) => text(value)),
        ["later 0", "later 1"],
      );
      await reader.close();
    },
  },
  {
    name: "latest gives nothing that was appended before",
    proves: "A consumer that asks for the present is not flooded with the past.",
    guarantee: "G11",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("old", 3));
      const reader = reading(source, partition, { at: "latest" }, context);
      const first = reader.take(1);
      let given: string | null | undefined;
      void first.then(
        ([message]) => (given = message === undefined ? undefined : text(message.value)),
        () => undefined,
      );
      // Only the provider knows when a reading at its end has begun, so messages are appended until one comes.
      await context.until("a message appended after the reading began", async () => {
        await subject.append([{ key: "a", value: bytes("new") }]);
        return given !== undefined;
      });
      equal(
        "the first payload",
        (await first).map(({ value }) => text(value)),
        ["new"],
      );
      await reader.close();
    },
  },
  {
    name: "latest gives all that is appended once it has begun, without a gap",
    proves: "From its first message on, a reading at the end is as complete as any other.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("old", 1));
      const reader = reading(source, partition, { at: "latest" }, context);
      const first = reader.take(1);
      let begun = false;
      void first.then(
        () => (begun = true),
        () => undefined,
      );
      let appended = 0;
      await context.until("a message appended after the reading began", async () => {
        await subject.append([{ key: "a", value: bytes(String(appended)) }]);
        appended += 1;
        return begun;
      });
      const from = Number(text((await first)[0]?.value ?? null));
      const rest = await reader.take(appended - 1 - from);
      equal(
        "the numbers that follow the first",
        rest.map(({ value }) => Number(text(value))),
        upTo(rest.length).map((n) => from + 1 + n),
      );
      await reader.close();
    },
  },
  {
    name: "a timestamp begins with the first message that is not older",
    proves: "A replay from a time begins where it says: no message of that time is left out.",
    guarantee: "G1",
    needs: ["timestamps", "elapse"],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message 0:", 1));
      for (const n of upTo(3)) {
        await context.within("the time between appends", subject.elapse(50));
        await context.within("appending", subject.append([{ key: "a", value: bytes(`message ${n + 1}`) }]));
      }
      const reader = reading(source, partition, earliest, context);
      const all = await reader.take(4);
      await reader.close();
      holds(
        "the last is younger than the first",
        (all[3]?.timestampMs ?? 0) > (all[0]?.timestampMs ?? 0),
        all.map(({ timestampMs }) => timestampMs),
      );
      for (const { timestampMs } of all) {
        const replay = reading(source, partition, { at: "timestamp", timestampMs }, context);
        const expected = all.find((message) => message.timestampMs >= timestampMs);
        equal(`the first message from ${timestampMs}`, (await replay.take(1))[0]?.id, expected?.id);
        await replay.close();
      }
    },
  },
  {
    name: "a timestamp before all messages begins with the oldest",
    proves: "A replay from before the log began is a replay of everything, not an error and not nothing.",
    guarantee: "G1",
    needs: ["timestamps"],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 3));
      const timestampMs = (messages[0]?.timestampMs ?? 0) - 60_000;
      const replay = reading(source, partition, { at: "timestamp", timestampMs }, context);
      equal(
        "the messages",
        (await replay.take(3)).map(({ id }) => id),
        messages.map(({ id }) => id),
      );
      await replay.close();
    },
  },
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
