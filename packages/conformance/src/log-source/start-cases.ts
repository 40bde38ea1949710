import { equal, fail, holds, meanwhile } from "../kit/check.ts";
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
];
