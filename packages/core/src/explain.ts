import type { FailureClass, StartPosition } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { Settled } from "./delivery.ts";
import { gatesOf } from "./engine/gates-of.ts";
import type { GateExplanation } from "./gate-explanation.ts";
import type { Counts } from "./engine/counters.ts";
import type { Feed } from "./engine/feed.ts";
import { LogIntake } from "./engine/log-intake.ts";
import { QueueIntake } from "./engine/queue-intake.ts";
import type { Input } from "./engine/root.ts";
import type { Run } from "./engine/run-context.ts";
import { running } from "./engine/running.ts";
import { awaitedOf, whereIs } from "./engine/watchdog.ts";
import { PlaceState } from "./engine/window.ts";
import { shapeOf, type Segment } from "./shape.ts";
import { sayError } from "./engine/say-error.ts";

/** One source, as explain() shows it. */
export interface SourceExplanation {
  readonly name: string;
  readonly kind: "log" | "queue";
  readonly ordering: string;
  readonly maxInFlight: number;
}

/** One stage, as explain() shows it. */
export interface StageExplanation {
  readonly name: string;
  readonly says: string;
}

/** The oldest message that is not settled: what holds the watermark, and why. Of an expanded one, attempt, failure and next attempt are its oldest child's. */
export interface UnsettledExplanation {
  readonly id: string;
  readonly key: string | undefined;
  readonly ageMs: number;
  readonly attempt: number;
  /** The stage that failed last; undefined while none has. */
  readonly failedAt: string | undefined;
  readonly lastError: string | undefined;
  readonly class: FailureClass | undefined;
  /** When its next attempt is due, in milliseconds since the Unix epoch; undefined when it does not wait for one. */
  readonly nextAttemptMs: number | undefined;
  /** Where it is, in words. */
  readonly state: string;
}

/** What one partition, or a queue, is doing. */
export interface FeedExplanation {
  readonly source: string;
  /** Undefined for a queue. */
  readonly partition: string | undefined;
  /** Where a restart would read on; undefined for a queue. */
  readonly watermark: StartPosition | undefined;
  readonly behindMs: number | undefined;
  /**
   * In how many milliseconds the log may drop the first message that is not settled; negative when it may have. Undefined for a queue, where the source does
   * not say how long it keeps messages, and while nothing is left to do.
   */
  readonly headroomMs: number | undefined;
  /** Waiting or under way. */
  readonly unsettled: number;
  /** Settled already, and held by the first message that is not. */
  readonly heldBehindFirst: number;
  readonly firstUnsettled: UnsettledExplanation | undefined;
  /** Settled messages that no saved checkpoint covers: a crash now would deliver at most these again. */
  readonly unsaved: number;
}

/** A pipeline before, during or after a run. */
export interface Explanation {
  readonly state: "not started" | "running" | "stopping" | "ended";
  /** Empty where an operator of the user's hides them. */
  readonly sources: readonly SourceExplanation[];
  readonly stages: readonly StageExplanation[];
  /** What this pipeline promises on this source, in sentences. */
  readonly guarantees: readonly string[];
  /**
   * What the queues' own settings will do to this pipeline, in sentences: whether a redrive policy comes before its retries, for example. Empty where they leave it
   * alone, and until they have answered: run() asks them as it starts, and consult() whenever it is called.
   */
  readonly advice: readonly string[];
  readonly counts: Counts | undefined;
  readonly feeds: readonly FeedExplanation[];
  readonly gates: readonly GateExplanation[];
}

/** What a pipeline is and promises; and while it runs, what each partition does and what holds it back. Reads state that is there anyway: cheap. */
export function explain(pipeline: Observable<Settled>): Explanation {
  const { root, segments } = shapeOf(pipeline);
  const inputs = root?.inputs ?? [];
  const run = running.find(pipeline);
  const ended = !running.isActive(pipeline);
  const stages = segments.flatMap((segment): StageExplanation[] =>
    segment.kind === "operators"
      ? [{ name: "RxJS operators", says: `${segment.count} of your own; failed and filtered messages go past them` }]
      : segment.stages.map(({ name, description: { says } }) => ({ name, says })),
  );
  return {
    state: run === undefined ? "not started" : ended ? "ended" : run.stopping === undefined ? "running" : "stopping",
    sources: inputs.map(({ source: { name, kind }, ordering, maxInFlight }) => ({ name, kind, ordering, maxInFlight })),
    stages,
    guarantees: [...new Set(inputs.flatMap(guaranteesOf)), ...segments.flatMap(promisesOf)],
    advice: [...(run?.advice ?? [])],
    counts: run?.counts(),
    feeds: run === undefined ? [] : run.intakes.flatMap((intake) => feedsOf(intake, run)),
    gates: run === undefined ? [] : gatesOf(run),
  };
}

function guaranteesOf({ source, ordering, maxInFlight }: Input): readonly string[] {
  const order = {
    none: "Messages may be worked on in any order.",
    key: "Messages of a key are worked on one after another, in their order, also over retries and restarts; different keys side by side.",
    partition: "Messages of a partition are worked on one after another, in their order.",
  }[ordering];
  const settle =
    source.kind === "log"
      ? "A checkpoint never passes an unsettled message; a crash delivers again what was not settled at the last one."
      : "A message is deleted after it was settled; until then its visibility is extended, and what is not settled comes back.";
  return [
    "Every message is delivered at least once, and ends as succeeded, filtered, dead-lettered or aborted; aborted ones are delivered again.",
    order,
    "A failing message holds its own lane and nothing else.",
    settle,
    `At most ${maxInFlight} messages of ${source.name} are in flight, and one page of each partition beyond that.`,
  ];
}

function promisesOf(segment: Segment): readonly string[] {
  if (segment.kind === "operators") return [];
  return segment.stages.flatMap(({ name, description: { promise } }) => (promise === undefined ? [] : [`${name} ${promise}`]));
}

function feedsOf(intake: unknown, run: Run): readonly FeedExplanation[] {
  if (intake instanceof QueueIntake) return [explainFeed(intake.feed, run, undefined)];
  if (!(intake instanceof LogIntake)) return [];
  return [...intake.sessions].map(({ feed, watermark, retention: { behindMs, headroomMs }, checkpointer: { unsaved } }) =>
    explainFeed(feed, run, { watermark, behindMs, headroomMs, unsaved }),
  );
}

interface LogState {
  readonly watermark: StartPosition;
  readonly behindMs: number | undefined;
  readonly headroomMs: number | undefined;
  readonly unsaved: number;
}

function explainFeed(feed: Feed, run: Run, log: LogState | undefined): FeedExplanation {
  const { window, origin, unsettled } = feed;
  return {
    source: origin.source,
    partition: origin.partition,
    watermark: log?.watermark,
    behindMs: log?.behindMs,
    headroomMs: log?.headroomMs,
    unsettled,
    heldBehindFirst: feed.closed ? settledIn(feed) : Math.max(0, window.size - unsettled),
    firstUnsettled: unsettled === 0 ? undefined : firstUnsettled(feed, run),
    unsaved: log?.unsaved ?? 0,
  };
}

/** What was aborted keeps its place as well, though nothing waits for it any more: once a feed is closed, only the places themselves tell. */
function settledIn({ window }: Feed): number {
  let settled = 0;
  window.forEach((_, state) => {
    if (state === PlaceState.settled) settled++;
  });
  return settled;
}

function firstUnsettled(feed: Feed, run: Run): UnsettledExplanation | undefined {
  const first = feed.first();
  if (first === undefined) return undefined;
  const { message, delivery } = first;
  const awaited = awaitedOf(delivery);
  const failure = awaited?.lastFailure;
  const error = failure?.error;
  return {
    id: message.id,
    key: message.key,
    ageMs: run.clock.nowMs() - message.timestampMs,
    attempt: awaited?.attempt ?? 1,
    failedAt: failure?.stage.name,
    lastError: failure === undefined ? undefined : sayError(error),
    class: failure === undefined ? undefined : (failure.failureClass ?? "transient"),
    state: whereIs(delivery),
    nextAttemptMs:
      awaited?.waits === true && !awaited.follows && failure !== undefined ? failure.lastFailedAtMs + failure.delayMs : undefined,
  };
}
