import type { LogSource, MessageCount, PartitionId, Payload, StartPosition } from "@spillway/spec";
import type { CaseContext } from "../kit/case-context.ts";
import { equal, fail, holds, settled } from "../kit/check.ts";
import { upTo } from "../kit/facts.ts";
import { ownSignal } from "../kit/listeners.ts";
import type { LogSourceSuite } from "./log-source-subject.ts";
import { fill, numbered } from "./partitions.ts";

const earliest = { at: "earliest" } as const;
const latest = { at: "latest" } as const;
const total = 6;

/** How many messages lie between two places. */
export const countCases: LogSourceSuite["cases"] = [
  {
    name: "a count is exact, an upper bound or unknown with a reason, and never too low",
    proves: "An operator who is told how much a rewind brings again is not told too little, nor an estimate that is given for a fact.",
    guarantee: "G10",
    needs: [],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", total));
      // The place before message n: as a start it gives n and what follows.
      const places = [earliest, ...messages.map(({ position }): StartPosition => ({ at: "after", position }))];
      for (const begin of upTo(total + 1)) {
        for (const end of upTo(total + 1)) {
          const counted = await countOf(source, partition, places[begin] ?? earliest, places[end] ?? latest, context);
          isRight(`the messages between place ${begin} and place ${end} of ${total}`, counted, Math.max(0, end - begin));
        }
      }
      isRight("the messages between the earliest and the end", await countOf(source, partition, earliest, latest, context), total);
      isRight("the messages between the end and the earliest", await countOf(source, partition, latest, earliest, context), 0);
    },
  },
  {
    name: "a source that can count says how many messages lie between two places",
    proves: "A rewind is decided on with a number, wherever the provider has one.",
    guarantee: "G10",
    needs: ["counts"],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", total));
      const position = messages[1]?.position ?? fail("messages were appended", total, messages.length);
      const counted = await countOf(source, partition, { at: "after", position }, latest, context);
      holds("it is known", counted.is !== "unknown", counted);
    },
  },
  {
    name: "messages that were trimmed are not counted",
    proves: "What cannot be delivered again is not announced.",
    guarantee: "G10",
    needs: ["counts", "trim"],
    async run(subject, context) {
      const { source, partition, messages } = await fill(subject, context, numbered("message", total));
      const [first, , , fourth] = messages;
      if (first === undefined || fourth === undefined) return fail("messages were appended", total, messages.length);
      const all = known(await countOf(source, partition, earliest, latest, context));
      await context.within("trimming", subject.trim(partition, fourth.position));
      for (const from of [earliest, { at: "after", position: first.position }] as const) {
        const left = known(await countOf(source, partition, from, latest, context));
        holds(`four fewer than before from ${from.at}`, left <= all - 4, { all, left });
      }
    },
  },
  {
    name: "a count under an aborted signal rejects, and one that has answered leaves no listener",
    proves: "A rewind that is given up is not held up by a provider that does not answer, and counting leaves nothing behind.",
    guarantee: "G9",
    needs: ["counts"],
    async run(subject, context) {
      const { source, partition } = await fill(subject, context, numbered("message", 1));
      const own = ownSignal();
      await context.within("the count", source.count(partition, { from: earliest, until: latest, signal: own.signal }));
      own.expectNoListeners("the listeners left by the count");
      own.abort();
      const again = source.count(partition, { from: earliest, until: latest, signal: own.signal });
      equal("how the call ended", (await context.within("the count", settled(again))).state, "rejected");
    },
  },
];

function countOf(
  source: LogSource<Payload>,
  partition: PartitionId,
  from: StartPosition,
  until: StartPosition,
  context: CaseContext,
): Promise<MessageCount> {
  return context.within("the count", source.count(partition, { from, until, signal: context.signal }));
}

function isRight(what: string, counted: MessageCount, actual: number): void {
  if (counted.is === "exactly") equal(what, counted.messages, actual);
  else if (counted.is === "at most") holds(`${what}: no fewer than ${actual}`, counted.messages >= actual, counted);
  else holds(`${what}: a reason`, counted.reason.length > 0, counted);
}

/** The number of a count that must be known. */
function known(counted: MessageCount): number {
  return counted.is === "unknown" ? fail("the count is known", "a number", counted) : counted.messages;
}
