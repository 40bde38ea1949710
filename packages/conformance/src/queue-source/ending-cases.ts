import { equal, settled } from "../kit/check.ts";
import { ownSignal, turn } from "../kit/listeners.ts";
import { expectAbortEnds } from "../kit/under-way.ts";
import type { QueueSourceSuite } from "./queue-source-subject.ts";
import { anyUse, call, numbered, receive, receiveOne, send } from "./receiving.ts";

/** How calls are ended, and what is left of them. */
export const endingCases: QueueSourceSuite["cases"] = [
  {
    name: "an abort ends a receive that waits",
    proves: "A stop does not wait for the end of a long poll.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const own = ownSignal();
      const ended = settled(subject.source().receive({ maxMessages: 1, signal: own.signal }));
      await turn();
      own.abort();
      await context.within("the end of the receive after the abort", ended);
    },
  },
  {
    name: "an aborted receive leaves no listener on its signal",
    proves: "What was aborted is let go of, also in the middle of a wait.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const own = ownSignal();
      const ended = settled(subject.source().receive({ maxMessages: 1, signal: own.signal }));
      await turn();
      own.abort();
      await context.within("the end of the receive after the abort", ended);
      own.expectNoListeners("the listeners left after the abort");
    },
  },
  {
    name: "a receive whose signal is aborted already takes no message",
    proves: "After a stop no message is taken that would only have to wait for its visibility to end.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 1), context);
      const own = ownSignal();
      own.abort();
      const outcome = await context.within(
        "the end of the receive",
        settled(subject.source().receive({ maxMessages: 1, signal: own.signal })),
      );
      equal("how the call ended", outcome.state, "rejected");
      equal("the receive count of the message's first delivery", (await receiveOne(subject.source(), context)).receiveCount, 1);
    },
  },
  {
    name: "calls that have answered leave no listener on their signal",
    proves: "A signal that lives as long as the pipeline does not gather the remains of every call.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 3), context);
      const own = ownSignal();
      const source = subject.source();
      const receiving = source.receive({ maxMessages: 1, signal: own.signal });
      const received = [...(await context.within("receiving", receiving)), ...(await receive(source, 2, context))];
      const receipts = received.map(({ receipt }) => receipt);
      for (const [index, how] of (["extend", "nack", "ack"] as const).entries()) {
        await context.within(how, call(how, source, receipts.slice(index, index + 1), own));
      }
      await context.within("advise", source.advise(anyUse, own));
      own.expectNoListeners("the listeners left by receive, extend, nack, ack and advise");
    },
  },
  {
    name: "an abort ends an ack, a nack and an extend that are under way",
    proves: "A stop is not held up by a queue that has not answered; what became of the receipts is unknown, and is not taken for done.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      await send(subject, numbered("message", 3), context);
      const source = subject.source();
      const receipts = (await receive(source, 3, context)).map(({ receipt }) => receipt);
      for (const [index, how] of (["extend", "nack", "ack"] as const).entries()) {
        await expectAbortEnds(how, (options) => call(how, source, receipts.slice(index, index + 1), options), context);
      }
    },
  },
  {
    name: "an abort ends an advise that is under way",
    proves: "A queue that does not say what its settings do holds up neither a stop nor whoever asked.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      await expectAbortEnds("advise", (options) => subject.source().advise(anyUse, options), context);
    },
  },
];
