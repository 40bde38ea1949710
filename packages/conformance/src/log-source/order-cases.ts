import { equal, holds } from "../kit/check.ts";
import { bytes, text, upTo } from "../kit/facts.ts";
import type { LogSourceSuite } from "./log-source-subject.ts";
import { fill, numbered, readAll } from "./partitions.ts";
import { reading } from "./reading.ts";

const earliest = { at: "earliest" } as const;

/** Which messages arrive, how often and in what order. */
export const orderCases: LogSourceSuite["cases"] = [
  {
    name: "messages of a partition arrive in the order appended, each once",
    proves: "A reading neither loses, repeats nor swaps messages; duplicates are counted, not folded away.",
    guarantee: "G3",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 300));
      const reader = reading(source, partition, earliest, context);
      await context.within("appending", subject.append(numbered("sentinel", 1)));
      const given = await reader.takeThrough(({ value }) => text(value) === "sentinel 0");
      await reader.close();
      equal(
        "the payloads",
        given.map(({ value }) => text(value)),
        [...upTo(300).map((n) => `message ${n}`), "sentinel 0"],
      );
    },
  },
  {
    name: "many appends arrive in their order too",
    proves: "Order holds from one append to the next, not only within one.",
    guarantee: "G3",
    needs: [],
    async run(subject, context) {
      for (const n of upTo(9)) await context.within("appending", subject.append([{ key: "a", value: bytes(`append ${n}`) }]));
      const found = await readAll(subject.source("consumer"), 9, context);
      equal(
        "the payloads",
        [...found.values()].flat().map(({ value }) => text(value)),
        upTo(9).map((n) => `append ${n}`),
      );
    },
  },
  {
    name: "a second reading gives the same messages under the same ids and positions",
    proves: "Ids are stable over redeliveries and positions name places, so a checkpoint made by one reading fits the next.",
    guarantee: "G10",
    needs: [],
    async run(subject, context) {
      const { partition, messages } = await fill(subject, context, numbered("message", 20));
      const again = reading(subject.source("consumer"), partition, earliest, context);
      const names = (await again.take(20)).map(({ id, position }) => ({ id, position }));
      await again.close();
      equal(
        "ids and positions",
        names,
        messages.map(({ id, position }) => ({ id, position })),
      );
    },
  },
  {
    name: "each message of a partition has a position of its own",
    proves: "A checkpoint names one place: the engine compares positions for equality only.",
    guarantee: "G2",
    needs: [],
    async run(subject, context) {
      const { messages } = await fill(subject, context, numbered("message", 50));
      equal("the number of different positions", new Set(messages.map(({ position }) => position)).size, 50);
    },
  },
  {
    name: "ids are unique within the source",
    proves: "Dead letters and effects of different partitions are never taken for one another.",
    guarantee: "G6",
    needs: ["partitions"],
    async run(subject, context) {
      await context.within("appending", subject.append(upTo(64).map((n) => ({ key: `key ${n}`, value: bytes("same") }))));
      const found = [...(await readAll(subject.source("consumer"), 64, context)).values()].filter((messages) => messages.length > 0);
      holds("the messages are spread over partitions", found.length > 1, found.length);
      equal("the number of different ids", new Set(found.flat().map(({ id }) => id)).size, 64);
    },
  },
  {
    name: "all messages of a key are in one partition, in order",
    proves: "One lane for each key exists at all: a key that is spread over partitions has no order to keep.",
    guarantee: "G3",
    needs: ["keys", "partitions"],
    async run(subject, context) {
      const keys = upTo(16).map((n) => `key ${n}`);
      const rounds = upTo(5).flatMap((round) => keys.map((key) => ({ key, value: bytes(String(round)) })));
      await context.within("appending", subject.append(rounds));
      const found = await readAll(subject.source("consumer"), rounds.length, context);
      for (const key of keys) {
        const homes = [...found.values()]
          .map((messages) => messages.filter((message) => message.key === key))
          .filter((of) => of.length > 0);
        equal(
          `the messages of ${key}, by partition`,
          homes.map((of) => of.map(({ value }) => text(value))),
          [["0", "1", "2", "3", "4"]],
        );
      }
    },
  },
  {
    name: "two consumers each see every message",
    proves: "Reading takes nothing away: a second pipeline on the same log gets all of it.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      const { partition } = await fill(subject, context, numbered("message", 10));
      const readers = ["one", "other"].map((consumer) => reading(subject.source(consumer), partition, earliest, context));
      for (const reader of readers) {
        equal(
          "the payloads",
          (await reader.take(10)).map(({ value }) => text(value)),
          upTo(10).map((n) => `message ${n}`),
        );
        await reader.close();
      }
    },
  },
  {
    name: "partitions are read side by side, each giving its own messages",
    proves: "A partition that waits for a slow handler holds no other partition.",
    guarantee: "G4",
    needs: ["partitions"],
    async run(subject, context) {
      await context.within("appending", subject.append(upTo(64).map((n) => ({ key: `key ${n}`, value: bytes(`message ${n}`) }))));
      const source = subject.source("consumer");
      const found = [...(await readAll(source, 64, context))].filter(([, messages]) => messages.length > 0);
      const readers = found.map(([partition, messages]) => ({ messages, reader: reading(source, partition, earliest, context) }));
      // One pull of each in turn: no reader is read to its end before the next has begun.
      for (const { reader, messages } of readers) equal("the first message", (await reader.take(1))[0]?.id, messages[0]?.id);
      for (const { reader, messages } of readers.toReversed()) {
        equal(
          "the messages that follow",
          (await reader.take(messages.length - 1)).map(({ id }) => id),
          messages.slice(1).map(({ id }) => id),
        );
        await reader.close();
      }
    },
  },
  {
    name: "partitions are listed under names that stay, each once",
    proves: "Checkpoints and leases are found again under the partition's name, and no partition is read twice.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const list = async (): Promise<readonly string[]> => {
        const partitions = await context.within("listing the partitions", subject.source("consumer").partitions(context));
        return partitions.map(({ id }) => id).toSorted();
      };
      const first = await list();
      holds("there is a partition", first.length > 0, first);
      equal("the number of different names", new Set(first).size, first.length);
      equal("the names listed again by another source", await list(), first);
    },
  },
  {
    name: "a source says who reads, by what rules",
    proves: "Pipelines are checked at start against true traits, and consumers' checkpoints are kept apart by the consumer's name.",
    guarantee: "G8",
    needs: ["keys"],
    async run(subject) {
      const source = subject.source("a consumer");
      equal("its kind", [source.kind, source.traits.kind], ["log", "log"]);
      equal("whether it has keys", source.traits.keys, true);
      equal("its consumer", source.coordination.consumer, "a consumer");
      holds("it has a name", source.name.length > 0, source.name);
    },
  },
];
