import { equal, holds } from "../kit/check.ts";
import { bytes, hex, plainHeaders, text } from "../kit/facts.ts";
import { binaryHeaders, everyByte, largePayload, repeatedHeaders, textHeaders, threeKindsOfNothing } from "../kit/samples.ts";
import type { QueueSourceSuite } from "./queue-source-subject.ts";
import { receive, receiveOne, send } from "./receiving.ts";

const dayMs = 86_400_000;

/** What a message says when it is received. */
export const contentCases: QueueSourceSuite["cases"] = [
  {
    name: "a payload arrives as it was sent",
    proves: "A handler sees what was sent, whatever the letters.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      await send(subject, [{ key: "a", value: bytes('{"größe": "12 €"}\n') }], context);
      equal("the payload", text((await receiveOne(subject.source(), context)).value), '{"größe": "12 €"}\n');
    },
  },
  {
    name: "every byte of a payload arrives as it was sent",
    proves: "Payloads are bytes: none is turned into text and back, which would destroy it.",
    guarantee: "G1",
    needs: ["binaryPayloads"],
    async run(subject, context) {
      await send(subject, [{ key: "a", value: everyByte }], context);
      equal("the payload", hex((await receiveOne(subject.source(), context)).value), hex(everyByte));
    },
  },
  {
    name: "a large payload arrives whole",
    proves: "A payload close to the backend's limit is neither cut nor refused, so size alone loses nothing.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      const value = largePayload(subject.largePayloadBytes);
      await send(subject, [{ key: "a", value }], context);
      const { value: received } = await receiveOne(subject.source(), context);
      equal("the size", received?.byteLength, value.byteLength);
      holds("every byte is the one that was sent", Buffer.compare(received ?? bytes(""), value) === 0, "other bytes");
    },
  },
  {
    name: "a tombstone, an empty payload and a payload are three different things",
    proves: "A tombstone arrives as null and an empty payload as no bytes, so neither is taken for the other or for a decode failure.",
    guarantee: "G12",
    needs: ["tombstones", "emptyPayloads"],
    async run(subject, context) {
      for (const value of threeKindsOfNothing) {
        await send(subject, [{ key: "a", value }], context);
        const source = subject.source();
        const message = await receiveOne(source, context);
        equal("the payload", text(message.value), text(value));
        await source.ack([message.receipt], context);
      }
    },
  },
  {
    name: "headers arrive with their names and values",
    proves: "What travels beside the payload (trace context, a dead letter's metadata) survives, so a redrive restores the message.",
    guarantee: "G12",
    needs: ["headers"],
    async run(subject, context) {
      await send(subject, [{ key: "a", value: bytes("x"), headers: textHeaders }], context);
      const received = await receiveOne(subject.source(), context);
      equal("the headers", plainHeaders(received.headers).toSorted(), plainHeaders(textHeaders).toSorted());
    },
  },
  {
    name: "headers keep their order and their repetitions",
    proves: "Two headers of one name both arrive, in order, so nothing that was said twice is said once.",
    guarantee: "G12",
    needs: ["headers", "repeatedHeaders"],
    async run(subject, context) {
      await send(subject, [{ key: "a", value: bytes("x"), headers: repeatedHeaders }], context);
      equal("the headers", plainHeaders((await receiveOne(subject.source(), context)).headers), plainHeaders(repeatedHeaders));
    },
  },
  {
    name: "a header's bytes arrive unchanged",
    proves: "A header value that is not text is not turned into text and back, which would destroy it.",
    guarantee: "G12",
    needs: ["headers", "binaryHeaders"],
    async run(subject, context) {
      await send(subject, [{ key: "a", value: bytes("x"), headers: binaryHeaders }], context);
      equal("the headers", plainHeaders((await receiveOne(subject.source(), context)).headers), plainHeaders(binaryHeaders));
    },
  },
  {
    name: "original gives the payload that a message arrived with",
    proves: "A dead letter can be made of the bytes as they came, so that a redrive restores the message exactly.",
    guarantee: "G12",
    needs: [],
    async run(subject, context) {
      await send(subject, [{ key: "a", value: bytes("original") }], context);
      const source = subject.source();
      const message = await receiveOne(source, context);
      equal("the original payload", text(source.original(message).payload), "original");
    },
  },
  {
    name: "a message of a group has the group as its key",
    proves: "Order by key means the queue's groups, so the engine's lanes are the queue's.",
    guarantee: "G3",
    needs: ["groups"],
    async run(subject, context) {
      await send(subject, [{ key: "one-group", value: bytes("x") }], context);
      const source = subject.source();
      const message = await receiveOne(source, context);
      equal("the key", message.key, "one-group");
      equal("the original key", hex(source.original(message).key), hex("one-group"));
    },
  },
  {
    name: "ids are unique within the queue",
    proves: "Dead letters and effects of different messages are never taken for one another, however alike they are.",
    guarantee: "G6",
    needs: [],
    async run(subject, context) {
      await send(
        subject,
        ["a", "b", "c", "d", "e"].map((key) => ({ key, value: bytes(`same ${key}`) })),
        context,
      );
      const messages = await receive(subject.source(), 5, context);
      equal("the number of different ids", new Set(messages.map(({ id }) => id)).size, 5);
    },
  },
  {
    name: "timestamps are milliseconds since the Unix epoch",
    proves: "Age limits are in one unit: seconds or microseconds would expire everything or nothing.",
    guarantee: "G12",
    needs: [],
    async run(subject, context) {
      await send(subject, [{ key: "a", value: bytes("x") }], context);
      const { timestampMs } = await receiveOne(subject.source(), context);
      holds("the timestamp is within a day of now", Math.abs(timestampMs - subject.nowMs()) < dayMs, timestampMs);
    },
  },
];
