import { equal } from "../kit/check.ts";
import { upTo } from "../kit/facts.ts";
import type { QueueSourceSuite } from "./queue-source-subject.ts";
import { elapse, numbered, receive, receiveOne, send, settle, texts, visibleNow } from "./receiving.ts";

/** What a queue with groups (FIFO) promises beyond a queue. */
export const groupCases: QueueSourceSuite["cases"] = [
  {
    name: "a group's messages come in the order sent",
    proves: "Order by key is kept from the queue on.",
    guarantee: "G3",
    needs: ["groups"],
    async run(subject, context) {
      await send(subject, numbered("message", 8, "group"), context);
      const source = subject.source();
      const received = [];
      for (let missing = 8; missing > 0; missing -= 1) {
        const message = await receiveOne(source, context);
        await settle("ack", source, [message], context);
        received.push(message);
      }
      equal(
        "the payloads",
        texts(received),
        upTo(8).map((n) => `message ${n}`),
      );
    },
  },
  {
    name: "one receive gives a group's messages in order",
    proves: "A batch that holds several messages of a group may be run in the order it came in.",
    guarantee: "G3",
    needs: ["groups"],
    async run(subject, context) {
      await send(subject, numbered("message", 6, "group"), context);
      const received = await context.within("receiving", subject.source().receive({ maxMessages: 6, signal: context.signal }));
      equal(
        "the payloads",
        texts(received),
        upTo(received.length).map((n) => `message ${n}`),
      );
    },
  },
  {
    name: "nothing more of a group is given while an earlier message of it is out",
    proves: "Two processes never work on one group at once.",
    guarantee: "G3",
    needs: ["groups"],
    async run(subject, context) {
      await send(subject, numbered("message", 3, "group"), context);
      await receiveOne(subject.source(), context);
      equal("what another receiver gets", await visibleNow(subject, subject.source(), context), []);
    },
  },
  {
    name: "a message given back comes before the later ones of its group",
    proves: "A failure does not change a group's order: the failed message is the next one again.",
    guarantee: "G3",
    needs: ["groups"],
    async run(subject, context) {
      await send(subject, numbered("message", 4, "group"), context);
      const source = subject.source();
      const received = [];
      for (let n = 0; n < 4; n += 1) {
        const failing = await receiveOne(source, context);
        await settle("nack", source, [failing], context);
        const again = await receiveOne(source, context);
        await settle("ack", source, [again], context);
        received.push(failing, again);
      }
      equal(
        "the payloads",
        texts(received),
        upTo(4).flatMap((n) => [`message ${n}`, `message ${n}`]),
      );
    },
  },
  {
    name: "a failing group holds only itself",
    proves: "One poison message stops the messages of its own group and no others.",
    guarantee: "G4",
    needs: ["groups"],
    async run(subject, context) {
      await send(subject, numbered("held", 3, "failing"), context);
      const source = subject.source();
      await receiveOne(source, context);
      await send(subject, numbered("other", 2, "healthy"), context);
      equal("what others get meanwhile", texts(await receive(source, 1, context)), ["other 0"]);
    },
  },
  {
    name: "a message given back with a delay holds its group until it comes",
    proves: "A delayed retry does not let the later messages of its group overtake it.",
    guarantee: "G3",
    needs: ["groups", "elapse", "nackDelay"],
    async run(subject, context) {
      await send(subject, numbered("message", 2, "group"), context);
      const source = subject.source();
      const { receipt } = await receiveOne(source, context);
      const delayMs = Math.min(source.visibilityTimeoutMs * 2, source.maxNackDelayMs);
      await context.within("the nack", source.nack([receipt], { delayMs, signal: context.signal }));
      await elapse(subject, delayMs * 0.7, context);
      equal("what is visible before the delay is over", await visibleNow(subject, source, context), []);
      await elapse(subject, delayMs * 0.5, context);
      equal("what comes first", texts([await receiveOne(source, context)]), ["message 0"]);
    },
  },
  {
    name: "a message whose visibility ended comes before the later ones of its group",
    proves: "A crash does not change a group's order: the successor begins with the message that was being worked on.",
    guarantee: "G10",
    needs: ["groups", "elapse"],
    async run(subject, context) {
      await send(subject, numbered("message", 3, "group"), context);
      const source = subject.source();
      await receiveOne(source, context);
      await elapse(subject, source.visibilityTimeoutMs * 1.3, context);
      equal("what comes first", texts([await receiveOne(source, context)]), ["message 0"]);
    },
  },
];
