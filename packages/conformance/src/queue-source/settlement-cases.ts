import { hasCode, type Payload, type QueueMessage, type QueueSource } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { equal, fail, holds } from "../kit/check.ts";
import type { QueueSourceSubject, QueueSourceSuite } from "./queue-source-subject.ts";
import { call, elapse, numbered, receive, receiveOne, send, settle, visibleNow } from "./receiving.ts";

/** What ack, nack and extend answer, and what a worthless receipt does. */
export const settlementCases: QueueSourceSuite["cases"] = [
  ...(["ack", "nack", "extend"] as const).map((how): QueueSourceSuite["cases"][number] => ({
    name: `${how} answers for more receipts than any provider's batch takes, one result each`,
    proves: "The adapter splits into the provider's batches and puts the results together in the caller's order.",
    guarantee: "G6",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 25), context);
      const source = subject.source();
      const messages = await receive(source, 25, context);
      await settle(how, source, messages, context);
      if (how === "nack") equal("how many come again", (await receive(source, 25, context)).length, 25);
      else equal("what is visible", await visibleNow(subject, source, context), []);
    },
  })),
  ...(["ack", "nack", "extend"] as const).map((how): QueueSourceSuite["cases"][number] => ({
    name: `${how} with the receipt of an earlier delivery is refused and leaves the later one alone`,
    proves: "A process that lost a message cannot settle it, give it away or keep it for the one that has it now.",
    guarantee: "G8",
    needs: ["checkedReceipts", "elapse"],
    async run(subject, context) {
      const { source, stale, current } = await lentTwice(subject, context);
      const [result] = await context.within(how, call(how, source, [stale.receipt], context));
      holds(
        "the result is SPILLWAY_RECEIPT_LOST",
        result !== undefined && !result.ok && hasCode(result.error, "SPILLWAY_RECEIPT_LOST"),
        result,
      );
      equal("what is visible", await visibleNow(subject, source, context), []);
      if (how === "extend") {
        await elapse(subject, source.visibilityTimeoutMs * 0.6, context);
        equal("the id that comes when the later delivery's visibility ends", (await receiveOne(source, context)).id, current.id);
      } else {
        await settle("nack", source, [current], context);
        equal("the id that the later delivery gives back", (await receiveOne(source, context)).id, current.id);
      }
    },
  })),
  {
    name: "one worthless receipt among good ones costs these nothing",
    proves: "Results are per item and in order: a partial failure neither fails the batch nor hides in it.",
    guarantee: "G7",
    needs: ["checkedReceipts", "elapse"],
    async run(subject, context) {
      const { source, stale } = await lentTwice(subject, context);
      await send(subject, numbered("good", 2), context);
      const [first, last] = await receiveBut(stale.id, source, 2, context);
      if (first === undefined || last === undefined) return fail("two messages were received", 2, "fewer");
      const results = await context.within("the ack", source.ack([first.receipt, stale.receipt, last.receipt], context));
      equal(
        "which receipts were good",
        results.map(({ ok }) => ok),
        [true, false, true],
      );
      await elapse(subject, source.visibilityTimeoutMs * 1.3, context);
      const again = await receiveOne(source, context);
      equal("the id that comes again", again.id, stale.id);
      await settle("ack", source, [again], context);
      equal("what else comes again", await visibleNow(subject, source, context), []);
    },
  },
  {
    name: "acking twice answers twice and does no harm",
    proves: "An ack whose answer was lost may be asked again.",
    guarantee: "G7",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 2), context);
      const source = subject.source();
      const [message, other] = await receive(source, 2, context);
      if (message === undefined || other === undefined) return fail("two messages were received", 2, "fewer");
      await settle("ack", source, [message], context);
      const results = await context.within("the second ack", source.ack([message.receipt, other.receipt], context));
      equal("the number of results", results.length, 2);
      equal("the result of the other message", results[1], { ok: true });
    },
  },
  {
    name: "giving back what was acked does not bring it back",
    proves: "A late nack of a settled message does not undo its settlement.",
    guarantee: "G6",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const source = subject.source();
      const message = await receiveOne(source, context);
      await settle("ack", source, [message], context);
      const results = await context.within("the nack", call("nack", source, [message.receipt], context));
      equal("the number of results", results.length, 1);
      equal("what is visible", await visibleNow(subject, source, context), []);
    },
  },
];

interface LentTwice {
  readonly source: QueueSource<Payload>;
  /** The first delivery, whose visibility has ended. */
  readonly stale: QueueMessage<Payload>;
  /** The second delivery of the same message, which is still lent. */
  readonly current: QueueMessage<Payload>;
}

/** One message, lent again after its first visibility ended; half of the second has passed. */
async function lentTwice(subject: QueueSourceSubject, context: CaseContext): Promise<LentTwice> {
  await send(subject, numbered("twice", 1), context);
  const source = subject.source();
  const stale = await receiveOne(source, context);
  await elapse(subject, source.visibilityTimeoutMs * 1.3, context);
  const current = await receiveOne(source, context);
  equal("the id delivered again", current.id, stale.id);
  await elapse(subject, source.visibilityTimeoutMs * 0.5, context);
  return { source, stale, current };
}

/** Receives this many other messages: in a queue without order, one whose visibility ends meanwhile may come before them. */
async function receiveBut(
  id: string,
  source: QueueSource<Payload>,
  count: number,
  context: CaseContext,
): Promise<readonly QueueMessage<Payload>[]> {
  const others: QueueMessage<Payload>[] = [];
  while (others.length < count) {
    others.push(...(await receive(source, count - others.length, context)).filter((message) => message.id !== id));
  }
  return others;
}
