import type { SinkSubject } from "@spillway/conformance";
import { SpillwayError, type ItemResult, type OutgoingMessage, type Payload, type Sink } from "@spillway/spec";
import { asText } from "./as-text.ts";
import { late } from "./late.ts";
import type { Mutant } from "./mutant.ts";

type SinkMutant = Mutant<SinkSubject>;
type Message = OutgoingMessage<Payload>;

const never = new AbortController().signal;
const ok: ItemResult = { ok: true };

const content: readonly SinkMutant[] = [
  {
    name: "confirms and stores nothing",
    rejectedBy: ["ok means that the message is stored", "a message may be written again"],
    mutate: (subject) => sinks(subject, (sink) => ({ ...sink, write: async (messages) => messages.map(() => ok) })),
  },
  {
    name: "turns payloads into text and back",
    rejectedBy: ["every byte of a payload is stored"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, value: message.value && asText(message.value) })),
  },
  {
    name: "cuts payloads at 64 KiB",
    rejectedBy: ["a large payload is stored whole"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, value: message.value?.slice(0, 65_536) ?? null })),
  },
  {
    name: "stores an empty payload for a tombstone",
    rejectedBy: ["a tombstone, an empty payload and a payload are stored as three different things"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, value: message.value ?? new Uint8Array() })),
  },
  {
    name: "loses headers",
    rejectedBy: ["headers are stored with their names and values"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, headers: [] })),
  },
  {
    name: "keeps one header of each name",
    rejectedBy: ["headers are stored in their order and with their repetitions"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, headers: [...new Map(message.headers ?? [])] })),
  },
  {
    name: "turns header values into text",
    rejectedBy: ["a header's bytes are stored unchanged"],
    mutate: (subject) =>
      messages(subject, (message) => ({
        ...message,
        headers: (message.headers ?? []).map(([name, value]) => [
          name,
          typeof value === "string" ? value : new TextDecoder().decode(value),
        ]),
      })),
  },
  {
    name: "stores messages without a key under the empty one",
    rejectedBy: ["a message is stored under its key, and one without a key under none"],
    mutate: (subject) => messages(subject, (message) => ({ ...message, key: message.key ?? "" })),
  },
  {
    name: "turns keys into text",
    rejectedBy: ["a key of bytes is stored as these bytes"],
    mutate: (subject) =>
      messages(subject, (message) => ({
        ...message,
        key: typeof message.key === "object" ? new TextDecoder().decode(message.key) : message.key,
      })),
  },
  {
    name: "keeps the caller's memory",
    rejectedBy: ["a payload changed after its write was confirmed is stored as it was"],
    mutate(subject) {
      const written: Message[] = [];
      return {
        ...sinks(subject, (sink) => ({ ...sink, write: async (batch) => (written.push(...batch), batch.map(() => ok)) })),
        stored: async () => written.map(({ key, value, headers }) => ({ key, value, headers: headers ?? [] })),
      };
    },
  },
  {
    name: "confirms before it is durable",
    rejectedBy: ["what was confirmed is there after a crash"],
    mutate(subject) {
      let crashed = false;
      return {
        ...subject,
        reopen: async () => ((crashed = true), subject.reopen()),
        stored: async () => (await subject.stored()).slice(0, crashed ? 1 : undefined),
      };
    },
  },
];

const results: readonly SinkMutant[] = [
  {
    name: "gives one result for a write",
    rejectedBy: ["a write has one result for each message"],
    mutate: (subject) => answers(subject, (given) => given.slice(0, 1)),
  },
  {
    name: "stores ten messages of a write and confirms all",
    rejectedBy: ["a full batch is stored, each message once"],
    mutate: (subject) =>
      sinks(subject, (sink) => ({
        ...sink,
        write: async (batch, options) => [...(await sink.write(batch.slice(0, 10), options)), ...batch.slice(10).map(() => ok)],
      })),
  },
  {
    name: "stores a message twice",
    rejectedBy: ["a full batch is stored, each message once", "writes under way at the same time are stored, each once"],
    mutate: (subject) =>
      sinks(subject, (sink) => ({
        ...sink,
        async write(batch, options) {
          await sink.write(batch.slice(0, 1), options);
          return await sink.write(batch, options);
        },
      })),
  },
  {
    name: "takes batches of any size, it says",
    rejectedBy: ["a sink says how many messages it takes"],
    mutate: (subject) => sinks(subject, (sink) => ({ ...sink, traits: { ...sink.traits, maxBatchSize: Infinity } })),
  },
  {
    name: "fails with an error of its own for what is too large",
    rejectedBy: [
      "a message that can never be stored fails as oversize, and takes no other with it than the sink's order says",
      "an oversize message alone is a result, not a rejection",
    ],
    mutate: (subject) => answers(subject, (given) => given.map((result) => (result.ok ? result : { ok: false, error: other() }))),
  },
  {
    name: "fails a whole write for one message",
    rejectedBy: [
      "a message that can never be stored fails as oversize, and takes no other with it than the sink's order says",
      "results are in the order of the messages, wherever one fails",
    ],
    mutate: (subject) =>
      answers(subject, (given) => (given.every(({ ok }) => ok) ? given : given.map(() => ({ ok: false, error: other() })))),
  },
  {
    name: "rejects a write for one message",
    rejectedBy: ["an oversize message alone is a result, not a rejection"],
    mutate: (subject) =>
      answers(subject, (given) => {
        for (const result of given) if (!result.ok) throw other();
        return given;
      }),
  },
  {
    name: "puts failures last",
    rejectedBy: ["results are in the order of the messages, wherever one fails"],
    mutate: (subject) => answers(subject, (given) => given.toSorted((a, b) => Number(b.ok) - Number(a.ok))),
  },
  {
    name: "goes on with a key after one of its messages failed",
    rejectedBy: ["after a message failed, later ones of its key, or of its write, are not attempted"],
    mutate: (subject) =>
      sinks(subject, (sink) => ({
        ...sink,
        write: async (batch, options) => (await Promise.all(batch.map((message) => sink.write([message], options)))).flat(),
      })),
  },
  {
    name: "does not forget a key that failed",
    rejectedBy: ["a failure in one write holds nothing in the next"],
    mutate(subject) {
      const failed = new Set<Message["key"]>();
      return sinks(subject, (sink) => ({
        ...sink,
        async write(batch, options) {
          const before = new Set(failed);
          const given = await sink.write(batch, options);
          for (const [n, result] of given.entries()) if (!result.ok) failed.add(batch[n]?.key);
          return given.map((result, n) => (before.has(batch[n]?.key) ? { ok: false, error: other() } : result));
        },
      }));
    },
  },
  {
    name: "stores a write from its end",
    rejectedBy: ["messages of a key are stored in the order of their write"],
    mutate: (subject) =>
      sinks(subject, (sink) => ({
        ...sink,
        write: async (batch, options) => (await sink.write(batch.toReversed(), options)).toReversed(),
      })),
  },
  {
    name: "stores every second write before the one that came first",
    rejectedBy: ["writes that follow one another are stored in their order"],
    mutate: (subject) => ({ ...subject, stored: async () => (await subject.stored()).toReversed() }),
  },
  {
    name: "loses a write that runs beside another",
    rejectedBy: ["writes under way at the same time are stored, each once"],
    mutate(subject) {
      let underWay = 0;
      return sinks(subject, (sink) => ({
        ...sink,
        async write(batch, options) {
          underWay += 1;
          const given = underWay > 1 ? batch.map(() => ok) : await sink.write(batch, options);
          await Promise.resolve();
          underWay -= 1;
          return given;
        },
      }));
    },
  },
  {
    name: "refuses an id that it has seen",
    rejectedBy: ["a message may be written again"],
    mutate(subject) {
      const seen = new Set<string | undefined>();
      return sinks(subject, (sink) => ({
        ...sink,
        async write(batch, options) {
          const given = await sink.write(batch, options);
          return given.map((result, n): ItemResult => {
            const id = batch[n]?.id;
            const again = id !== undefined && seen.has(id);
            seen.add(id);
            return again ? { ok: false, error: other() } : result;
          });
        },
      }));
    },
  },
  {
    name: "does not look at the id",
    rejectedBy: ["a message written again under the same id is stored once"],
    mutate: (subject) => messages(subject, ({ id: _id, ...message }) => message),
  },
  {
    name: "writes under an aborted signal",
    rejectedBy: ["a write whose signal is aborted already rejects"],
    mutate: (subject) => sinks(subject, (sink) => ({ ...sink, write: (batch) => sink.write(batch, { signal: never }) })),
  },
  {
    name: "answers late, and does not hear an abort meanwhile",
    rejectedBy: ["an abort ends a write that is under way"],
    mutate: (subject) => sinks(subject, (sink) => ({ ...sink, write: (batch, options) => late(sink.write(batch, options)) })),
  },
  {
    name: "leaves a listener for each write",
    rejectedBy: ["a write that has answered leaves no listener on its signal"],
    mutate: (subject) =>
      sinks(subject, (sink) => ({
        ...sink,
        write(batch, options) {
          options.signal.addEventListener("abort", () => undefined);
          return sink.write(batch, options);
        },
      })),
  },
];

/** Broken sinks that say that a failure ends their write, and which cases reject them. */
export const writeOrderSinkMutants: readonly SinkMutant[] = [
  {
    name: "goes on with other keys after one of its messages failed",
    rejectedBy: [
      "after a message failed, later ones of its key, or of its write, are not attempted",
      "a message that can never be stored fails as oversize, and takes no other with it than the sink's order says",
      "results are in the order of the messages, wherever one fails",
    ],
    mutate: (subject) =>
      sinks(subject, (sink) => ({
        ...sink,
        async write(batch, options) {
          const lanes = new Map<Message["key"], Message[]>();
          for (const message of batch) lanes.set(message.key, [...(lanes.get(message.key) ?? []), message]);
          const given = new Map<Message, ItemResult>();
          for (const lane of lanes.values()) {
            const results = await sink.write(lane, options);
            lane.forEach((message, n) => given.set(message, results[n] ?? ok));
          }
          return batch.map((message) => given.get(message) ?? ok);
        },
      })),
  },
];

/** Broken sinks, and which cases reject them. */
export const sinkMutants: readonly SinkMutant[] = [...content, ...results];

/** A good sink that knows the ids it has stored, which none of memory's does; for the case about deduplication. */
export function deduplicating(subject: SinkSubject): SinkSubject {
  const stored = new Set<string>();
  return sinks(subject, (sink) => ({
    ...sink,
    async write(batch, options) {
      const isNew = batch.map(({ id }) => id === undefined || !stored.has(id));
      const written = [
        ...(await sink.write(
          batch.filter((_, n) => isNew[n]),
          options,
        )),
      ];
      const given = isNew.map((each) => (each ? (written.shift() ?? ok) : ok));
      for (const [n, result] of given.entries()) {
        const id = batch[n]?.id;
        if (id !== undefined && result.ok) stored.add(id);
      }
      return given;
    },
  }));
}

function sinks(subject: SinkSubject, change: (sink: Sink<Payload>) => Sink<Payload>): SinkSubject {
  return { ...subject, sink: () => change(subject.sink()) };
}

function messages(subject: SinkSubject, change: (message: Message) => Message): SinkSubject {
  return sinks(subject, (sink) => ({ ...sink, write: (batch, options) => sink.write(batch.map(change), options) }));
}

function answers(subject: SinkSubject, change: (results: readonly ItemResult[]) => readonly ItemResult[]): SinkSubject {
  return sinks(subject, (sink) => ({ ...sink, write: async (batch, options) => change(await sink.write(batch, options)) }));
}

function other(): SpillwayError {
  return new SpillwayError("Failed, says the mutant.", { code: "SPILLWAY_MUTANT" });
}
