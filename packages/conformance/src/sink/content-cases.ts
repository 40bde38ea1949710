import type { OutgoingMessage, Payload } from "@spillway/spec";
import { equal, holds } from "../kit/check.ts";
import { bytes, hex, plainHeaders, text } from "../kit/facts.ts";
import { binaryHeaders, everyByte, largePayload, repeatedHeaders, textHeaders, threeKindsOfNothing } from "../kit/samples.ts";
import type { SinkSuite } from "./sink-subject.ts";
import { storedIn, storedTexts, writeAll } from "./writing.ts";

/** What is stored of a message. */
export const contentCases: SinkSuite["cases"] = [
  {
    name: "ok means that the message is stored",
    proves: "A message whose write was confirmed is there, so settling the one it came from loses nothing.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      await writeAll(subject.sink(), [{ key: "a", value: bytes('{"größe": "12 €"}\n') }], context);
      equal("the payloads stored", await storedTexts(subject, context), ['{"größe": "12 €"}\n']);
    },
  },
  {
    name: "every byte of a payload is stored",
    proves: "Payloads are bytes: none is turned into text and back, so a dead letter holds the original.",
    guarantee: "G12",
    needs: ["binaryPayloads"],
    async run(subject, context) {
      await writeAll(subject.sink(), [{ key: "a", value: everyByte }], context);
      equal(
        "the payloads stored",
        (await storedIn(subject, context)).map((message) => hex(message.value)),
        [hex(everyByte)],
      );
    },
  },
  {
    name: "a large payload is stored whole",
    proves: "A payload close to the backend's limit is neither cut nor refused.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      const value = largePayload(subject.largePayloadBytes);
      await writeAll(subject.sink(), [{ key: "a", value }], context);
      const [message] = await storedIn(subject, context);
      equal("the size stored", message?.value?.byteLength, value.byteLength);
      holds("every byte is the one that was written", Buffer.compare(message?.value ?? bytes(""), value) === 0, "other bytes");
    },
  },
  {
    name: "a tombstone, an empty payload and a payload are stored as three different things",
    proves: "A dead letter or an output without a payload is not stored as one with an empty payload, nor the other way round.",
    guarantee: "G12",
    needs: ["tombstones", "emptyPayloads"],
    async run(subject, context) {
      await writeAll(
        subject.sink(),
        threeKindsOfNothing.map((value, n): OutgoingMessage<Payload> => ({ key: `key-${n}`, value })),
        context,
      );
      const stored = (await storedTexts(subject, context)).map((value) => JSON.stringify(value));
      equal("the payloads stored", stored.toSorted(), ['""', '"null"', "null"]);
    },
  },
  {
    name: "headers are stored with their names and values",
    proves: "A dead letter's metadata and the original headers are there for the redrive.",
    guarantee: "G12",
    needs: ["headers"],
    async run(subject, context) {
      await writeAll(subject.sink(), [{ key: "a", value: bytes("x"), headers: textHeaders }], context);
      const [message] = await storedIn(subject, context);
      equal("the headers stored", plainHeaders(message?.headers ?? []).toSorted(), plainHeaders(textHeaders).toSorted());
    },
  },
  {
    name: "headers are stored in their order and with their repetitions",
    proves: "A redriven message has the headers of the original, also those of one name.",
    guarantee: "G12",
    needs: ["headers", "repeatedHeaders"],
    async run(subject, context) {
      await writeAll(subject.sink(), [{ key: "a", value: bytes("x"), headers: repeatedHeaders }], context);
      equal("the headers stored", plainHeaders((await storedIn(subject, context))[0]?.headers ?? []), plainHeaders(repeatedHeaders));
    },
  },
  {
    name: "a header's bytes are stored unchanged",
    proves: "A header value that is not text is not turned into text and back, which would destroy it.",
    guarantee: "G12",
    needs: ["headers", "binaryHeaders"],
    async run(subject, context) {
      await writeAll(subject.sink(), [{ key: "a", value: bytes("x"), headers: binaryHeaders }], context);
      equal("the headers stored", plainHeaders((await storedIn(subject, context))[0]?.headers ?? []), plainHeaders(binaryHeaders));
    },
  },
  {
    name: "a message is stored under its key, and one without a key under none",
    proves: "Readers of the output have the keys to keep its order by, and messages without one are not forced together.",
    guarantee: "G3",
    needs: ["keys"],
    async run(subject, context) {
      await writeAll(subject.sink(), [{ key: "one-key", value: bytes("with") }, { value: bytes("without") }], context);
      const keys = new Map((await storedIn(subject, context)).map(({ key, value }) => [text(value), hex(key)]));
      equal("the key stored", keys.get("with"), hex("one-key"));
      equal("the key stored for a message without one", [keys.has("without"), keys.get("without")], [true, undefined]);
    },
  },
  {
    name: "a key of bytes is stored as these bytes",
    proves: "A redriven message has the original's key, also where that is not text.",
    guarantee: "G12",
    needs: ["keys", "binaryKeys"],
    async run(subject, context) {
      const key = Uint8Array.of(0, 255, 1);
      await writeAll(subject.sink(), [{ key, value: bytes("x") }], context);
      equal(
        "the key stored",
        (await storedIn(subject, context)).map((message) => hex(message.key)),
        [hex(key)],
      );
    },
  },
  {
    name: "a payload changed after its write was confirmed is stored as it was",
    proves: "A sink that confirms does not keep the caller's memory: a reused buffer spoils nothing.",
    guarantee: "G13",
    needs: [],
    async run(subject, context) {
      const value = Buffer.from("as written");
      await writeAll(subject.sink(), [{ key: "a", value }], context);
      value.fill(0);
      equal("the payloads stored", await storedTexts(subject, context), ["as written"]);
    },
  },
  {
    name: "what was confirmed is there after a crash",
    proves: "ok means durable: the process may die the moment after it and the message is not lost.",
    guarantee: "G1",
    needs: ["reopen"],
    async run(subject, context) {
      await writeAll(
        subject.sink(),
        ["a", "b", "c"].map((key) => ({ key, value: bytes(key) })),
        context,
      );
      await context.within("reopening", subject.reopen());
      equal("the payloads stored", (await storedTexts(subject, context)).toSorted(), ["a", "b", "c"]);
    },
  },
];
