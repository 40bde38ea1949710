import type { LogSource, PartitionId, Payload } from "@spillway/spec";
import { equal, holds, meanwhile, settled } from "../kit/check.ts";
import { text, upTo } from "../kit/facts.ts";
import { ownSignal, turn } from "../kit/listeners.ts";
import { expectAbortEnds } from "../kit/under-way.ts";
import type { LogSourceSuite } from "./log-source-subject.ts";
import { fill, numbered } from "./partitions.ts";
import { nextBatch, reading } from "./reading.ts";

const earliest = { at: "earliest" } as const;

/** How a reading is ended, and what is left of it. */
export const endingCases: LogSourceSuite["cases"] = [
  {
    name: "an abort ends a reading that waits",
    proves: "A stop or a lost lease is not held up by a partition in which nothing happens.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 2));
      const own = ownSignal();
      const ended = settled(readToEnd(source, partition, own.signal));
      await turn();
      own.abort();
      await context.within("the end of the reading after the abort", ended);
    },
  },
  {
    name: "returning the iterator ends a reading that waits",
    proves: "A caller that has no use for a reading gets rid of it at once, without an abort of everything else.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 1));
      const iterator = source.read(partition, { from: earliest, signal: context.signal })[Symbol.asyncIterator]();
      let given = 0;
      while (given < 1) given += (await context.within("the message", nextBatch(iterator)))?.messages.length ?? 0;
      const pending = settled(iterator.next());
      await turn();
      await context.within("returning the iterator", Promise.resolve(iterator.return?.()));
      await context.within("the end of the pull that was waiting", pending);
    },
  },
  {
    name: "a returned reading leaves no listener on its signal",
    proves: "A signal that lives as long as the pipeline does not gather the remains of every reading.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 3));
      const own = ownSignal();
      for await (const batch of source.read(partition, { from: earliest, signal: own.signal })) if (batch.messages.length > 0) break;
      own.expectNoListeners("the listeners left after the return");
    },
  },
  {
    name: "an aborted reading leaves no listener on its signal",
    proves: "What was aborted is let go of, also in the middle of a wait.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 1));
      const own = ownSignal();
      const ended = settled(readToEnd(source, partition, own.signal));
      await turn();
      own.abort();
      await context.within("the end of the reading after the abort", ended);
      own.expectNoListeners("the listeners left after the abort");
    },
  },
  {
    name: "a reading that goes on gathers no listeners",
    proves: "A consumer that reads for weeks holds as much as one that has just begun.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 1));
      const own = ownSignal();
      const iterator = source.read(partition, { from: earliest, signal: own.signal })[Symbol.asyncIterator]();
      const counts: number[] = [];
      for (const n of upTo(20)) {
        for (let given = 0; given < 1; ) given += (await context.within("a message", nextBatch(iterator)))?.messages.length ?? 0;
        counts.push(own.listeners());
        await context.within("appending", subject.append(numbered(`next ${n}`, 1)));
      }
      await context.within("returning the iterator", Promise.resolve(iterator.return?.()));
      holds("the last batch left no more listeners than the second", (counts.at(-1) ?? 0) <= (counts[1] ?? 0), counts);
    },
  },
  {
    name: "a reading whose signal is aborted already gives nothing",
    proves: "After a stop no message is taken that would only have to be given up.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 2));
      const own = ownSignal();
      own.abort();
      const outcome = await context.within("the end of the reading", settled(readToEnd(source, partition, own.signal)));
      equal("the messages given", outcome.state === "resolved" ? outcome.value : 0, 0);
    },
  },
  {
    name: "a source is read again after a reading of it was aborted",
    proves: "A partition that was given up can be taken back by the same process, with nothing lost and nothing repeated.",
    guarantee: "G8",
    needs: [],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 4));
      const own = ownSignal();
      const ended = settled(readToEnd(source, partition, own.signal));
      await turn();
      own.abort();
      await context.within("the end of the reading after the abort", ended);
      const again = reading(source, partition, earliest, context);
      await context.within("appending", subject.append(numbered("sentinel", 1)));
      const given = await again.takeThrough(({ value }) => text(value) === "sentinel 0");
      await again.close();
      equal(
        "the messages",
        given.slice(0, -1).map(({ id }) => id),
        messages.map(({ id }) => id),
      );
    },
  },
  {
    name: "listing partitions under an aborted signal rejects",
    proves: "A stopping engine is not held up by a provider that does not answer.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const own = ownSignal();
      own.abort();
      const outcome = await context.within("the list", settled(subject.source("consumer").partitions({ signal: own.signal })));
      equal("how the call ended", outcome.state, "rejected");
    },
  },
  {
    name: "listing partitions leaves no listener on its signal",
    proves: "Discovery runs again and again on one signal and leaves nothing on it.",
    guarantee: "G5",
    needs: [],
    async run(subject, context) {
      const own = ownSignal();
      await context.within("the list", subject.source("consumer").partitions({ signal: own.signal }));
      own.expectNoListeners("the listeners left by the list");
    },
  },
  {
    name: "a reading that waits gives an empty batch within some seconds",
    proves: "Lag is reported and a stop is noticed also while nothing comes: silence is told from a stall.",
    guarantee: "G7",
    needs: ["elapse"],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", 1));
      const iterator = source.read(partition, { from: earliest, signal: context.signal })[Symbol.asyncIterator]();
      let given = 0;
      while (given < messages.length) given += (await context.within("the message", nextBatch(iterator)))?.messages.length ?? 0;
      let empty: number | undefined;
      const pulled = meanwhile(nextBatch(iterator).then((batch) => (empty = batch?.messages.length)));
      for (let waitedMs = 0; waitedMs < 10_000 && empty === undefined; waitedMs += 500) {
        await context.within("time to pass", subject.elapse(500));
      }
      holds("a batch came within ten seconds", empty !== undefined, empty);
      equal("its messages", empty, 0);
      await context.within("the batch", pulled);
      await context.within("returning the iterator", Promise.resolve(iterator.return?.()));
    },
  },
  {
    name: "an abort ends a listing of partitions that is under way",
    proves: "A stop is not held up by a provider that has not answered yet.",
    guarantee: "G9",
    needs: [],
    async run(subject, context) {
      const source = subject.source("consumer");
      await expectAbortEnds("the list", (options) => source.partitions(options), context);
    },
  },
];

async function readToEnd(source: LogSource<Payload>, partition: PartitionId, signal: AbortSignal): Promise<number> {
  let given = 0;
  for await (const batch of source.read(partition, { from: earliest, signal })) given += batch.messages.length;
  return given;
}
