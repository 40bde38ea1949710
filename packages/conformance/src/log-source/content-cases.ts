import type { OutgoingMessage, Payload } from "@spillway/spec";
import { equal, holds } from "../kit/check.ts";
import { bytes, hex, plainHeaders, text } from "../kit/facts.ts";
import { binaryHeaders, everyByte, largePayload, repeatedHeaders, textHeaders, threeKindsOfNothing } from "../kit/samples.ts";
import type { LogSourceSuite } from "./log-source-subject.ts";
import { fill, numbered, readAll } from "./partitions.ts";
import { reading } from "./reading.ts";

const earliest = { at: "earliest" } as const;
const dayMs = 86_400_000;

/** What a message says when it arrives. */
export const contentCases: LogSourceSuite["cases"] = [
  {
    name: "every byte of a payload arrives as it was appended",
    proves: "Payloads are bytes: none is turned into text and back, which would destroy it.",
    guarantee: "G1",
    needs: ["binaryPayloads"],
    async run(subject, context) {
      const { messages } = await fill(subject, context, [{ key: "a", value: everyByte }]);
      equal(
        "the payloads",
        messages.map(({ value }) => hex(value)),
        [hex(everyByte)],
      );
    },
  },
  {
    name: "a large payload arrives whole",
    proves: "A payload close to the backend's limit is neither cut nor refused, so size alone loses nothing.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      const value = largePayload(subject.largePayloadBytes);
      const { messages } = await fill(subject, context, [{ key: "a", value }]);
      equal("the size", messages[0]?.value?.byteLength, value.byteLength);
      holds("every byte is the one that was appended", Buffer.compare(messages[0]?.value ?? bytes(""), value) === 0, "other bytes");
    },
  },
  {
    name: "a tombstone, an empty payload and a payload are three different things",
    proves: "A tombstone arrives as null and an empty payload as no bytes, so neither is taken for the other or for a decode failure.",
    guarantee: "G12",
    needs: ["tombstones", "emptyPayloads"],
    async run(subject, context) {
      const { messages } = await fill(
        subject,
        context,
        threeKindsOfNothing.map((value): OutgoingMessage<Payload> => ({ key: "a", value })),
      );
      equal(
        "the payloads",
        messages.map(({ value }) => text(value)),
        [null, "", "null"],
      );
    },
  },
  {
    name: "headers arrive with their names and values",
    proves: "What travels beside the payload (trace context, a dead letter's metadata) survives, so a redrive restores the message.",
    guarantee: "G12",
    needs: ["headers"],
    async run(subject, context) {
      const { messages } = await fill(subject, context, [{ key: "a", value: bytes("x"), headers: textHeaders }]);
      const sorted = plainHeaders(messages[0]?.headers ?? []).toSorted();
      equal("the headers", sorted, plainHeaders(textHeaders).toSorted());
    },
  },
  {
    name: "headers keep their order and their repetitions",
    proves: "Two headers of one name both arrive, in order, so nothing that was said twice is said once.",
    guarantee: "G12",
    needs: ["headers", "repeatedHeaders"],
    async run(subject, context) {
      const { messages } = await fill(subject, context, [{ key: "a", value: bytes("x"), headers: repeatedHeaders }]);
      equal("the headers", plainHeaders(messages[0]?.headers ?? []), plainHeaders(repeatedHeaders));
    },
  },
  {
    name: "a header's bytes arrive unchanged",
    proves: "A header value that is not text is not turned into text and back, which would destroy it.",
    guarantee: "G12",
    needs: ["headers", "binaryHeaders"],
    async run(subject, context) {
      const { messages } = await fill(subject, context, [{ key: "a", value: bytes("x"), headers: binaryHeaders }]);
      equal("the headers", plainHeaders(messages[0]?.headers ?? []), plainHeaders(binaryHeaders));
    },
  },
  {
    name: "a message carries its key, and a message without one carries none",
    proves: "Order by key has the keys it needs, and messages without a key are not forced into one lane.",
    guarantee: "G3",
    needs: ["keys"],
    async run(subject, context) {
      const { messages } = await fill(subject, context, [{ key: "kéy", value: bytes("x") }]);
      equal(
        "the key",
        messages.map(({ key }) => key),
        ["kéy"],
      );
      await context.within("appending", subject.append([{ value: bytes("no key") }]));
      const all = [...(await readAll(subject.source("consumer"), 2, context)).values()].flat();
      const keyless = all.filter(({ value }) => text(value) === "no key");
      equal(
        "the key of a message without one",
        keyless.map(({ key }) => key),
        [undefined],
      );
    },
  },
  {
    name: "equal binary keys are equal as text, and others are not",
    proves: "Keys of bytes make the same lanes as keys of text: two messages of one key never run side by side.",
    guarantee: "G3",
    needs: ["keys", "binaryKeys"],
    async run(subject, context) {
      const one = Uint8Array.of(0, 255, 1);
      const other = Uint8Array.of(0, 254, 1);
      const first = await fill(
        subject,
        context,
        [one, one].map((key) => ({ key, value: bytes("x") })),
      );
      equal("the texts of two equal keys", first.messages[0]?.key, first.messages[1]?.key);
      await context.within("appending", subject.append([{ key: other, value: bytes("other") }]));
      const all = [...(await readAll(subject.source("consumer"), 3, context)).values()].flat();
      equal("the number of different keys", new Set(all.map(({ key }) => key)).size, 2);
    },
  },
  {
    name: "original gives the key and payload that a message arrived with",
    proves: "A dead letter can be made of the bytes as they came, so that a redrive restores the message exactly.",
    guarantee: "G12",
    needs: [],
    async run(subject, context) {
      const value = bytes('{"n": 1}');
      const { source, messages } = await fill(subject, context, [{ key: "a", value }]);
      const originals = messages.map((message) => source.original(message));
      equal(
        "the original payload",
        originals.map(({ payload }) => hex(payload)),
        [hex(value)],
      );
      if (source.traits.keys)
        equal(
          "the original key",
          originals.map(({ key }) => hex(key)),
          [hex("a")],
        );
    },
  },
  {
    name: "original gives back a key of bytes as bytes",
    proves: "The text that stands for a binary key is not what a dead letter carries.",
    guarantee: "G12",
    needs: ["keys", "binaryKeys"],
    async run(subject, context) {
      const key = Uint8Array.of(0, 255, 1);
      const { source, messages } = await fill(subject, context, [{ key, value: bytes("x") }]);
      equal(
        "the original key",
        messages.map((message) => hex(source.original(message).key)),
        [hex(key)],
      );
    },
  },
  {
    name: "a payload changed by its reader is read unchanged the next time",
    proves: "A handler that writes into a payload spoils neither a retry from the log nor another consumer.",
    guarantee: "G13",
    needs: [],
    async run(subject, context) {
      // A Buffer: its slice() is a view, which a careless adapter takes for a copy.
      const { source, partition, messages } = await fill(subject, context, [{ key: "a", value: Buffer.from("payload 0") }]);
      messages[0]?.value?.fill(0);
      const again = reading(source, partition, earliest, context);
      equal(
        "the payload",
        (await again.take(1)).map(({ value }) => text(value)),
        ["payload 0"],
      );
      await again.close();
    },
  },
  {
    name: "timestamps are milliseconds since the Unix epoch",
    proves: "Age limits and time positions are in one unit: seconds or microseconds would expire everything or nothing.",
    guarantee: "G12",
    needs: [],
    async run(subject, context) {
      const { messages } = await fill(subject, context, numbered("message", 3));
      for (const { timestampMs } of messages) {
        holds("the timestamp is within a day of now", Math.abs(timestampMs - subject.nowMs()) < dayMs, timestampMs);
      }
    },
  },
];
