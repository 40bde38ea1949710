import { hasCode, type ItemResult, type OutgoingMessage, type Payload } from "@spillway/spec";
import { equal, holds } from "../kit/check.ts";
import { bytes, upTo } from "../kit/facts.ts";
import type { SinkSubject, SinkSuite } from "./sink-subject.ts";
import { keyed, storedTexts, write, writeAll } from "./writing.ts";

const mostMessages = 1_000;

/** What a write answers, and what is stored when a part of it fails. */
export const resultCases: SinkSuite["cases"] = [
  {
    name: "a write has one result for each message",
    proves: "No message's outcome has to be guessed from another's.",
    guarantee: "G6",
    needs: [],
    async run(subject, context) {
      const sink = subject.sink();
      for (const size of [1, 2, 5, 10].filter((each) => each <= sink.traits.maxBatchSize)) {
        await writeAll(
          sink,
          upTo(size).map((n) => ({ key: `key-${n}`, value: bytes(`${size}-${n}`) })),
          context,
        );
      }
    },
  },
  {
    name: "a full batch is stored, each message once",
    proves: "maxBatchSize is true: the adapter neither refuses such a batch nor drops or doubles what does not fit into the provider's.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const sink = subject.sink();
      const values = upTo(Math.min(sink.traits.maxBatchSize, mostMessages)).map((n) => `message ${n}`);
      await writeAll(
        sink,
        values.map((value, n) => ({ key: `key-${n}`, value: bytes(value) })),
        context,
      );
      equal("the payloads stored", (await storedTexts(subject, context)).toSorted(), values.toSorted());
    },
  },
  {
    name: "a sink says how many messages it takes",
    proves: "Batches are planned by a number that can be planned by.",
    guarantee: "G5",
    needs: [],
    async run(subject) {
      const { name, traits } = subject.sink();
      holds("it has a name", name.length > 0, name);
      holds(
        "maxBatchSize is a whole number from 1",
        Number.isInteger(traits.maxBatchSize) && traits.maxBatchSize >= 1,
        traits.maxBatchSize,
      );
      holds('order is "write", "key" or "none"', ["write", "key", "none"].includes(traits.order), traits.order);
    },
  },
  {
    name: "a message that can never be stored fails as oversize, and takes no other with it than the sink's order says",
    proves:
      "A dead letter that is too large is refused loudly and can be tried again without its stack; what was written with it is stored, or said not to be.",
    guarantee: "G7",
    needs: ["sizeLimit"],
    async run(subject, context) {
      const results = await write(subject.sink(), [small(0), tooLarge(subject), small(2)].slice(0, batch(subject)), context);
      const last = endsAtFailure(subject) ? "SPILLWAY_NOT_ATTEMPTED" : undefined;
      equal("the codes", results.map(codeOf), [undefined, "SPILLWAY_OVERSIZE", last].slice(0, results.length));
      const expected = results.flatMap(({ ok }, n) => (ok ? [`small ${n}`] : []));
      equal("the payloads stored", (await storedTexts(subject, context)).toSorted(), expected);
    },
  },
  {
    name: "an oversize message alone is a result, not a rejection",
    proves: "What is known of one message is said of it, instead of leaving the outcome of the write unknown.",
    guarantee: "G7",
    needs: ["sizeLimit"],
    async run(subject, context) {
      equal("the code", (await write(subject.sink(), [tooLarge(subject)], context)).map(codeOf), ["SPILLWAY_OVERSIZE"]);
      equal("what is stored", await storedTexts(subject, context), []);
    },
  },
  {
    name: "results are in the order of the messages, wherever one fails",
    proves:
      "ok and stored agree for each single message, so nothing is settled that is not there and nothing is written twice for nothing.",
    guarantee: "G7",
    needs: ["sizeLimit"],
    async run(subject, context) {
      const size = Math.min(4, batch(subject));
      const isStored = (n: number, failing: number): boolean => (endsAtFailure(subject) ? n < failing : n !== failing);
      for (const failing of upTo(size)) {
        const messages = upTo(size).map((n) =>
          n === failing ? tooLarge(subject, `key-${failing}-${n}`) : { key: `key-${failing}-${n}`, value: bytes(`${failing}-${n}`) },
        );
        const results = await write(subject.sink(), messages, context);
        equal(
          `which of ${size} were confirmed when number ${failing} is too large`,
          results.map(({ ok }) => ok),
          upTo(size).map((n) => isStored(n, failing)),
        );
      }
      const expected = upTo(size).flatMap((failing) => upTo(size).flatMap((n) => (isStored(n, failing) ? [`${failing}-${n}`] : [])));
      equal("the payloads stored", (await storedTexts(subject, context)).toSorted(), expected.toSorted());
    },
  },
  {
    name: "after a message failed, later ones of its key, or of its write, are not attempted",
    proves: "The order that the sink keeps stands when its middle fails: what came after it is not stored before it, and costs no attempt.",
    guarantee: "G3",
    needs: ["sizeLimit", "keyOrder", "keys"],
    async run(subject, context) {
      const results = await write(
        subject.sink(),
        [keyed("a", 0), keyed("b", 1), tooLarge(subject, "a"), keyed("a", 3), keyed("b", 4)],
        context,
      );
      const other = endsAtFailure(subject) ? "SPILLWAY_NOT_ATTEMPTED" : undefined;
      equal("the codes", results.map(codeOf), [undefined, undefined, "SPILLWAY_OVERSIZE", "SPILLWAY_NOT_ATTEMPTED", other]);
      const expected = endsAtFailure(subject) ? ["a 0", "b 1"] : ["a 0", "b 1", "b 4"];
      equal("the payloads stored", (await storedTexts(subject, context)).toSorted(), expected);
    },
  },
  {
    name: "a failure in one write holds nothing in the next",
    proves:
      "Nothing is remembered from write to write, so a message that was not attempted is stored once the failed one is out of the way.",
    guarantee: "G4",
    needs: ["sizeLimit", "keyOrder", "keys"],
    async run(subject, context) {
      const sink = subject.sink();
      await write(sink, [tooLarge(subject, "a"), keyed("a", 1)], context);
      await writeAll(sink, [keyed("a", 1), keyed("a", 2)], context);
      equal("the payloads stored", await storedTexts(subject, context), ["a 1", "a 2"]);
    },
  },
];

function small(n: number): OutgoingMessage<Payload> {
  return { key: `key-${n}`, value: bytes(`small ${n}`) };
}

function tooLarge({ tooLargeBytes }: SinkSubject, key = "too-large"): OutgoingMessage<Payload> {
  return { key, value: new Uint8Array(tooLargeBytes).fill(120) };
}

/** Whether a failure inside a write ends it, so that nothing that follows is stored. */
function endsAtFailure(subject: SinkSubject): boolean {
  return subject.sink().traits.order === "write";
}

function batch(subject: SinkSubject): number {
  return subject.sink().traits.maxBatchSize;
}

function codeOf(result: ItemResult): string | undefined {
  if (result.ok) return undefined;
  for (const code of ["SPILLWAY_OVERSIZE", "SPILLWAY_NOT_ATTEMPTED"] as const) if (hasCode(result.error, code)) return code;
  return result.error.message;
}
