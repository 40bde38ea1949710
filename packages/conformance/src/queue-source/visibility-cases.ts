import { equal } from "../kit/check.ts";
import type { QueueSourceSuite } from "./queue-source-subject.ts";
import { elapse, numbered, receive, receiveOne, send, settle, texts, visibleNow } from "./receiving.ts";

/** How long a message stays ours, and when it comes back. */
export const visibilityCases: QueueSourceSuite["cases"] = [
  {
    name: "a message that is neither acked nor extended is delivered again when its visibility ends",
    proves: "A process that dies or hangs holds its messages for a known time only.",
    guarantee: "G10",
    needs: ["elapse"],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const source = subject.source();
      const first = await receiveOne(source, context);
      await elapse(subject, source.visibilityTimeoutMs * 1.3, context);
      const again = await receiveOne(source, context);
      equal("the id", again.id, first.id);
      equal("the receive count", again.receiveCount, 2);
    },
  },
  {
    name: "a message is not delivered again before its visibility ends",
    proves: "visibilityTimeoutMs is true: the engine has that long before it must extend.",
    guarantee: "G8",
    needs: ["elapse"],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const source = subject.source();
      await receiveOne(source, context);
      await elapse(subject, source.visibilityTimeoutMs * 0.6, context);
      equal("what is visible", await visibleNow(subject, source, context), []);
    },
  },
  {
    name: "extend keeps a message beyond its first visibility",
    proves: "A handler may take longer than the visibility timeout without its message being given to somebody else.",
    guarantee: "G8",
    needs: ["elapse"],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const source = subject.source();
      const message = await receiveOne(source, context);
      await elapse(subject, source.visibilityTimeoutMs * 0.6, context);
      await settle("extend", source, [message], context);
      await elapse(subject, source.visibilityTimeoutMs * 0.6, context);
      equal("what is visible", await visibleNow(subject, source, context), []);
      await settle("ack", source, [message], context);
    },
  },
  {
    name: "extend keeps a message for one visibility timeout from now, not longer",
    proves: "Extensions do not add up: after a crash a message that was extended often comes back as soon as any other.",
    guarantee: "G10",
    needs: ["elapse"],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const source = subject.source();
      const message = await receiveOne(source, context);
      for (let n = 0; n < 3; n += 1) await settle("extend", source, [message], context);
      await elapse(subject, source.visibilityTimeoutMs * 1.4, context);
      equal("the id", (await receiveOne(source, context)).id, message.id);
    },
  },
  {
    name: "a message given back with a delay stays hidden for the delay, and then comes",
    proves: "A backoff may be left to the queue: the delay is waited, not cut to the visibility timeout, and then over.",
    guarantee: "G4",
    needs: ["elapse", "nackDelay"],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const source = subject.source();
      const message = await receiveOne(source, context);
      const delayMs = Math.min(source.visibilityTimeoutMs * 2, source.maxNackDelayMs);
      const results = await context.within("the nack", source.nack([message.receipt], { delayMs, signal: context.signal }));
      equal("the results", results, [{ ok: true }]);
      await elapse(subject, delayMs * 0.7, context);
      equal("what is visible before the delay is over", await visibleNow(subject, source, context), []);
      await elapse(subject, delayMs * 0.5, context);
      equal("the id", (await receiveOne(source, context)).id, message.id);
    },
  },
  {
    name: "an acked message never comes again",
    proves: "A settled message is not run again when its visibility would have ended.",
    guarantee: "G6",
    needs: ["elapse"],
    async run(subject, context) {
      await send(subject, numbered("message", 3), context);
      const source = subject.source();
      await settle("ack", source, await receive(source, 3, context), context);
      await elapse(subject, source.visibilityTimeoutMs * 1.3, context);
      equal("what is visible", await visibleNow(subject, source, context), []);
    },
  },
  {
    name: "acking some of what was received leaves the rest to come again",
    proves: "One message's ack settles that message and nothing that was received with it.",
    guarantee: "G1",
    needs: ["elapse"],
    async run(subject, context) {
      await send(subject, numbered("message", 4), context);
      const source = subject.source();
      const messages = await receive(source, 4, context);
      await settle(
        "ack",
        source,
        messages.filter((_, index) => index % 2 === 0),
        context,
      );
      await elapse(subject, source.visibilityTimeoutMs * 1.3, context);
      const left = messages.filter((_, index) => index % 2 === 1);
      equal("the payloads delivered again", texts(await receive(source, 2, context)).toSorted(), texts(left).toSorted());
      equal("what else is visible", await visibleNow(subject, source, context), []);
    },
  },
];
