import type { LogSourceSubject } from "@spillway/conformance";
import type { Partition, PartitionId, Position } from "@spillway/spec";
import { logSourceContentMutants } from "./log-source-content-mutants.ts";
import { logSourceCountMutants } from "./log-source-count-mutants.ts";
import { batches, messages, readings, sources, starts } from "./log-source-mutations.ts";
import { late } from "./late.ts";
import type { Mutant } from "./mutant.ts";

type LogSourceMutant = Mutant<LogSourceSubject>;

const never = new AbortController().signal;

const order: readonly LogSourceMutant[] = [
  {
    name: "gives a message twice",
    rejectedBy: ["messages of a partition arrive in the order appended, each once"],
    mutate: (subject) =>
      batches(subject, (batch) => ({
        ...batch,
        messages: batch.messages.flatMap((message, n) => (n === 3 ? [message, message] : [message])),
      })),
  },
  {
    name: "loses a message",
    rejectedBy: ["messages of a partition arrive in the order appended, each once"],
    mutate: (subject) => messages(subject, (message) => (message.position === "42" ? undefined : message)),
  },
  {
    name: "swaps two messages",
    rejectedBy: ["messages of a partition arrive in the order appended, each once", "many appends arrive in their order too"],
    mutate: (subject) => batches(subject, (batch) => ({ ...batch, messages: swapped(batch.messages) })),
  },
  {
    name: "makes an id for each reading",
    rejectedBy: ["a second reading gives the same messages under the same ids and positions"],
    mutate(subject) {
      let ids = 0;
      return messages(subject, (message) => ({ ...message, id: `id ${(ids += 1)}` }));
    },
  },
  {
    name: "gives a whole batch one position",
    rejectedBy: ["each message of a partition has a position of its own"],
    mutate: (subject) =>
      batches(subject, (batch) => ({
        ...batch,
        messages: batch.messages.map((message) => ({ ...message, position: batch.messages[0]?.position ?? message.position })),
      })),
  },
  {
    name: "takes the position for the id",
    rejectedBy: ["ids are unique within the source"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, id: message.position })),
  },
  {
    name: "spreads a key over the partitions",
    rejectedBy: ["all messages of a key are in one partition, in order"],
    mutate(subject) {
      let appended = 0;
      const spread = { ...subject, append: (batch: Parameters<typeof subject.append>[0]) => subject.append(batch.map(scattered)) };
      return messages(spread, (message) => ({ ...message, key: message.key?.split("|")[0] }));

      function scattered<T extends { readonly key?: string | Uint8Array | undefined }>(message: T): T {
        return { ...message, key: `${String(message.key)}|${(appended += 1)}` };
      }
    },
  },
  {
    name: "gives each message once, to whoever reads first",
    rejectedBy: [
      "two consumers each see every message",
      "a second reading gives the same messages under the same ids and positions",
      "earliest gives what was appended before the reading began",
      "a source is read again after a reading of it was aborted",
    ],
    mutate(subject) {
      const given = new Set<string>();
      return messages(subject, (message) => (given.has(message.id) ? undefined : (given.add(message.id), message)));
    },
  },
  {
    name: "reads one partition after the other",
    rejectedBy: ["partitions are read side by side, each giving its own messages"],
    mutate(subject) {
      let before: Promise<void> = Promise.resolve();
      return readings(subject, async function* (given) {
        const turn = before;
        let end = (): void => undefined;
        before = new Promise((resolve) => (end = resolve));
        await turn;
        yield* given();
        end();
      });
    },
  },
  {
    name: "renames its partitions with each list",
    rejectedBy: ["partitions are listed under names that stay, each once"],
    mutate(subject) {
      let lists = 0;
      return listings(subject, (partitions) => {
        lists += 1;
        return partitions.map((each) => ({ ...each, id: `${each.id}@${lists}` as PartitionId }));
      });
    },
  },
  {
    name: "lists a partition twice",
    rejectedBy: ["partitions are listed under names that stay, each once"],
    mutate: (subject) => listings(subject, (partitions) => [...partitions, ...partitions.slice(0, 1)]),
  },
  {
    name: "has one consumer's name for all",
    rejectedBy: ["a source says who reads, by what rules"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, coordination: { ...source.coordination, consumer: "default" } })),
  },
];

const start: readonly LogSourceMutant[] = [
  {
    name: "ends a reading that has caught up",
    rejectedBy: ["a reading that waits is given what is appended meanwhile"],
    mutate: (subject) =>
      readings(subject, async function* (given, _partition, { from, signal }) {
        for await (const batch of given()) {
          yield batch;
          if (from.at === "earliest" && !signal.aborted) return;
        }
      }),
  },
  {
    name: "gives the message at a position once more",
    rejectedBy: [
      "after a position begins with the message that follows it",
      "a batch that was given up halfway is read again from the middle",
      "a reading whose process died goes on after any position it had given",
    ],
    mutate: (subject) => starts(subject, (from) => (from.at === "after" ? moved(from.position, -1) : from)),
  },
  {
    name: "skips the message after a position",
    rejectedBy: ["after a position begins with the message that follows it"],
    mutate: (subject) => starts(subject, (from) => (from.at === "after" ? moved(from.position, 1) : from)),
  },
  {
    name: "begins anew after a position",
    rejectedBy: [
      "after the last position gives only what is appended later",
      "after the last position of an ended partition there is only its end",
    ],
    mutate: (subject) => starts(subject, (from) => (from.at === "after" ? { at: "earliest" } : from)),
  },
  {
    name: "takes what it has given for settled",
    rejectedBy: [
      "a batch that was given up halfway is read again from the middle",
      "a reading whose process died goes on after any position it had given",
    ],
    mutate(subject) {
      const given = new Map<PartitionId, Position>();
      const recording = messages(subject, (message, _index, partition) => (given.set(partition, message.position), message));
      return starts(recording, (from, partition) =>
        from.at === "after" ? { at: "after", position: given.get(partition) ?? from.position } : from,
      );
    },
  },
  {
    name: "takes latest for earliest",
    rejectedBy: ["latest gives nothing that was appended before"],
    mutate: (subject) => starts(subject, (from) => (from.at === "latest" ? { at: "earliest" } : from)),
  },
  {
    name: "misses every second message at the end",
    rejectedBy: ["latest gives all that is appended once it has begun, without a gap"],
    mutate: (subject) =>
      readings(subject, async function* (given, _partition, { from }) {
        for await (const batch of given()) {
          const gap = from.at === "latest" ? batch.messages.filter(({ position }) => Number(position) % 2 === 0) : batch.messages;
          yield { ...batch, messages: gap };
        }
      }),
  },
  {
    name: "begins after a timestamp, not at it",
    rejectedBy: ["a timestamp begins with the first message that is not older"],
    mutate: (subject) =>
      starts(subject, (from) => (from.at === "timestamp" ? { at: "timestamp", timestampMs: from.timestampMs + 1 } : from)),
  },
  {
    name: "takes a timestamp that is too old for latest",
    rejectedBy: ["a timestamp before all messages begins with the oldest"],
    mutate: (subject) => starts(subject, (from) => (from.at === "timestamp" ? { at: "latest" } : from)),
  },
  {
    name: "says nothing of what was trimmed",
    rejectedBy: ["messages trimmed before they were read are reported lost"],
    mutate: (subject) => batches(subject, ({ lost: _lost, ...batch }) => batch),
  },
  {
    name: "begins at latest once it was trimmed",
    rejectedBy: ["earliest of a trimmed partition is the oldest message left"],
    mutate(subject) {
      let trimmed = false;
      const trimming: LogSourceSubject = { ...subject, trim: (...given) => ((trimmed = true), subject.trim(...given)) };
      return starts(trimming, (from) => (trimmed && from.at === "earliest" ? { at: "latest" } : from));
    },
  },
  {
    name: "goes on at latest after a position that it does not know",
    rejectedBy: ["a position that is not of this log never skips a message"],
    mutate: (subject) =>
      starts(subject, (from) => (from.at === "after" && from.position === subject.foreignPosition ? { at: "latest" } : from)),
  },
];

const ending: readonly LogSourceMutant[] = [
  {
    name: "does not hear the abort of a reading",
    rejectedBy: ["an abort ends a reading that waits", "a reading whose signal is aborted already gives nothing"],
    mutate: (subject) =>
      sources(subject, (source) => ({ ...source, read: (partition, options) => source.read(partition, { ...options, signal: never }) })),
  },
  {
    name: "returns when the next batch has come",
    rejectedBy: ["returning the iterator ends a reading that waits"],
    mutate: (subject) => batches(subject, (batch) => batch),
  },
  {
    name: "lists partitions late, and does not hear an abort meanwhile",
    rejectedBy: ["an abort ends a listing of partitions that is under way"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, partitions: (options) => late(source.partitions(options)) })),
  },
  {
    name: "leaves a listener for each reading",
    rejectedBy: ["a returned reading leaves no listener on its signal", "an aborted reading leaves no listener on its signal"],
    mutate: (subject) =>
      readings(subject, (given, _partition, { signal }) => {
        signal.addEventListener("abort", () => undefined);
        return given();
      }),
  },
  {
    name: "leaves a listener for each batch",
    rejectedBy: ["a reading that goes on gathers no listeners"],
    mutate: (subject) =>
      readings(subject, async function* (given, _partition, { signal }) {
        for await (const batch of given()) {
          signal.addEventListener("abort", () => undefined);
          yield batch;
        }
      }),
  },
  {
    name: "lists under an aborted signal",
    rejectedBy: ["listing partitions under an aborted signal rejects"],
    mutate: (subject) => sources(subject, (source) => ({ ...source, partitions: () => source.partitions({ signal: never }) })),
  },
  {
    name: "leaves a listener for each list",
    rejectedBy: ["listing partitions leaves no listener on its signal"],
    mutate: (subject) =>
      sources(subject, (source) => ({
        ...source,
        partitions(options) {
          options.signal.addEventListener("abort", () => undefined);
          return source.partitions(options);
        },
      })),
  },
  {
    name: "is silent while nothing comes",
    rejectedBy: ["a reading that waits gives an empty batch within some seconds"],
    mutate: (subject) => batches(subject, (batch) => (batch.messages.length === 0 ? undefined : batch)),
  },
];

const lineage: readonly LogSourceMutant[] = [
  {
    name: "names no parents",
    rejectedBy: ["the children of a split name it as their parent", "the child of a merge names both its parents"],
    mutate: (subject) => listings(subject, (partitions) => partitions.map(({ id }) => ({ id, parents: [] }))),
  },
  {
    name: "names a stranger as a child when it ends",
    rejectedBy: ["the children of a split name it as their parent", "the child of a merge names both its parents"],
    mutate: (subject) => batches(subject, (batch) => ({ ...batch, children: [{ id: "stranger" as PartitionId, parents: [] }] })),
  },
  {
    name: "names one parent of two",
    rejectedBy: ["the child of a merge names both its parents"],
    mutate: (subject) => listings(subject, (partitions) => partitions.map(({ id, parents }) => ({ id, parents: parents.slice(0, 1) }))),
  },
  {
    name: "never tells the end",
    rejectedBy: [
      "a partition that was split gives its messages and ends",
      "a split ends a reading that waits",
      "after the last position of an ended partition there is only its end",
      "a merge ends both parents and takes no message away",
    ],
    mutate: (subject) =>
      readings(subject, async function* (given, _partition, { signal }) {
        yield* given();
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      }),
  },
  {
    name: "ends a closed partition before its messages",
    rejectedBy: ["a partition that was split gives its messages and ends"],
    mutate(subject) {
      const closed = new Set<PartitionId>();
      const splitting: LogSourceSubject = { ...subject, split: (partition) => (closed.add(partition), subject.split(partition)) };
      return readings(splitting, async function* (given, partition) {
        if (!closed.has(partition)) yield* given();
      });
    },
  },
  {
    name: "copies a parent's messages into its children",
    rejectedBy: ["a split takes no message away and gives none twice", "a child read from its earliest message gives all since its birth"],
    mutate(subject) {
      const appended: Parameters<typeof subject.append>[0][number][] = [];
      return {
        ...subject,
        append: (batch) => (appended.push(...batch), subject.append(batch)),
        async split(partition) {
          await subject.split(partition);
          await subject.append(appended);
        },
      };
    },
  },
  {
    name: "reads a child from latest",
    rejectedBy: ["a child read from its earliest message gives all since its birth", "a merge ends both parents and takes no message away"],
    mutate(subject) {
      const old = new Set<PartitionId>();
      return sources(subject, (source) => ({
        ...source,
        read(partition, options) {
          const isChild = old.size > 0 && !old.has(partition);
          return source.read(partition, isChild ? { ...options, from: { at: "latest" } } : options);
        },
        async partitions(options) {
          const listed = await source.partitions(options);
          for (const { id, parents } of listed) if (parents.length === 0) old.add(id);
          return listed;
        },
      }));
    },
  },
];

/** Broken log sources, and which cases reject them. */
export const logSourceMutants: readonly LogSourceMutant[] = [
  ...logSourceContentMutants,
  ...order,
  ...start,
  ...logSourceCountMutants,
  ...ending,
  ...lineage,
];

function swapped<T>(list: readonly T[]): readonly T[] {
  const [first, second, ...rest] = list;
  return first === undefined || second === undefined ? list : [second, first, ...rest];
}

function moved(position: Position, by: number): { readonly at: "after"; readonly position: Position } | { readonly at: "earliest" } {
  const offset = Number(position) + by;
  return offset < 0 ? { at: "earliest" } : { at: "after", position: String(offset) as Position };
}

function listings(subject: LogSourceSubject, change: (partitions: readonly Partition[]) => readonly Partition[]): LogSourceSubject {
  return sources(subject, (source) => ({ ...source, partitions: async (options) => change(await source.partitions(options)) }));
}
