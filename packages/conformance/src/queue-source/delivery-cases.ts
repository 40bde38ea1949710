import { equal, holds, meanwhile } from "../kit/check.ts";
import { upTo } from "../kit/facts.ts";
import { turn } from "../kit/listeners.ts";
import type { QueueSourceSuite } from "./queue-source-subject.ts";
import { anyUse, elapse, numbered, receive, receiveOne, send, settle, texts, visibleNow } from "./receiving.ts";

/** Which messages are received, by whom and how often. */
export const deliveryCases: QueueSourceSuite["cases"] = [
  {
    name: "receive gives at most as many messages as asked for",
    proves: "A source is never given more than there is room for.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 6), context);
      const received = await context.within("receiving", subject.source().receive({ maxMessages: 2, signal: context.signal }));
      holds("one or two messages came", received.length === 1 || received.length === 2, received.length);
    },
  },
  {
    name: "every message is received, each once",
    proves: "A queue that is read and acked gives each message one delivery; duplicates are counted, not folded away.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 25), context);
      const source = subject.source();
      const received = [];
      for (let missing = 25; missing > 0; missing -= 1) {
        const message = await receiveOne(source, context);
        await settle("ack", source, [message], context);
        received.push(message);
      }
      equal("what is left", await visibleNow(subject, source, context), []);
      equal(
        "the payloads",
        texts(received).toSorted(),
        upTo(25)
          .map((n) => `message ${n}`)
          .toSorted(),
      );
    },
  },
  {
    name: "a receive that waits is given a message that is sent meanwhile",
    proves: "A queue that was empty goes on by itself, without a poll for each message.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      const waiting = meanwhile(receiveOne(subject.source(), context));
      await turn();
      await send(subject, numbered("message", 1), context);
      equal("the payload", texts([await waiting]), ["message 0"]);
    },
  },
  {
    name: "advice neither takes a message nor changes anything",
    proves: "What a queue's own settings do to a pipeline is said in sentences, and whoever asks costs no delivery.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const source = subject.source();
      const advice = await context.within("advise", source.advise(anyUse, context));
      holds(
        "each piece of advice is a sentence",
        advice.every((sentence) => sentence.endsWith(".")),
        advice,
      );
      equal("the receive count of the message's first delivery", (await receiveOne(source, context)).receiveCount, 1);
    },
  },
  {
    name: "a first delivery counts one",
    proves: "A message that no process has died of is not taken for one that kills.",
    guarantee: "G12",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 3), context);
      equal(
        "the receive counts",
        (await receive(subject.source(), 3, context)).map(({ receiveCount }) => receiveCount),
        [1, 1, 1],
      );
    },
  },
  {
    name: "a received message is hidden from other receivers",
    proves: "A message is worked on by one process at a time, as long as its visibility lasts.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 3), context);
      await receive(subject.source(), 3, context);
      equal("what another receiver gets", await visibleNow(subject, subject.source(), context), []);
    },
  },
  {
    name: "receivers that compete are given each message once between them",
    proves: "Processes share a queue without sharing a message.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 40), context);
      const shares = await Promise.all(upTo(4).map(() => receive(subject.source(), 10, context)));
      equal(
        "the payloads",
        texts(shares.flat()).toSorted(),
        upTo(40)
          .map((n) => `message ${n}`)
          .toSorted(),
      );
    },
  },
  {
    name: "a message given back is delivered again",
    proves: "A failed or unfinished message is not lost with its receipt.",
    guarantee: "G1",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const source = subject.source();
      await settle("nack", source, [await receiveOne(source, context)], context);
      equal("the payload", texts([await receiveOne(source, context)]), ["message 0"]);
    },
  },
  {
    name: "each delivery has the same id, another receipt and a higher count",
    proves:
      "A message that is delivered again is known as the same, how often is known, and an earlier delivery cannot settle a later one.",
    guarantee: "G12",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const source = subject.source();
      const deliveries = [];
      for (let n = 0; n < 3; n += 1) {
        const message = await receiveOne(source, context);
        await settle("nack", source, [message], context);
        deliveries.push(message);
      }
      equal(
        "the receive counts",
        deliveries.map(({ receiveCount }) => receiveCount),
        [1, 2, 3],
      );
      equal("the number of different ids", new Set(deliveries.map(({ id }) => id)).size, 1);
      equal("the number of different receipts", new Set(deliveries.map(({ receipt }) => receipt)).size, 3);
    },
  },
  {
    name: "a queue says how long messages are lent and how it is read",
    proves: "Heartbeats, delays and receives are planned by numbers that can be planned by.",
    guarantee: "G5",
    needs: [],
    async run(subject) {
      const source = subject.source();
      equal("its kind", [source.kind, source.traits.kind], ["queue", "queue"]);
      holds("it has a name", source.name.length > 0, source.name);
      holds(
        "visibilityTimeoutMs is above 0",
        Number.isFinite(source.visibilityTimeoutMs) && source.visibilityTimeoutMs > 0,
        source.visibilityTimeoutMs,
      );
      holds("maxNackDelayMs is whole", Number.isSafeInteger(source.maxNackDelayMs) && source.maxNackDelayMs >= 0, source.maxNackDelayMs);
      holds("receivers is a whole number from 1", Number.isInteger(source.receivers) && source.receivers >= 1, source.receivers);
    },
  },
  {
    name: "what a dead process had not acked is delivered again, and what it had acked is not",
    proves: "A crash without a close loses no message, and an ack that was confirmed is durable.",
    guarantee: "G10",
    needs: ["reopen", "elapse"],
    async run(subject, context) {
      await send(subject, numbered("message", 4), context);
      const dying = subject.source();
      const lent = await receive(dying, 4, context);
      await settle("ack", dying, lent.slice(0, 2), context);
      await context.within("reopening", subject.reopen());
      const successor = subject.source();
      await elapse(subject, successor.visibilityTimeoutMs * 1.3, context);
      equal("the payloads delivered again", texts(await receive(successor, 2, context)).toSorted(), texts(lent.slice(2)).toSorted());
      equal("what is left", await visibleNow(subject, successor, context), []);
    },
  },
];
