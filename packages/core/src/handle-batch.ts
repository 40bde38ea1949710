import type { Message } from "@spillway/spec";
import type { Breaker } from "./breaker.ts";
import { AdaptiveLimit } from "./engine/adaptive-limit.ts";
import { BatchStage } from "./engine/batch-stage.ts";
import { BatchWork, Failed } from "./engine/batch-work.ts";
import type { StageDescription } from "./engine/description.ts";
import { leavesFailures } from "./engine/failure-policy.ts";
import { requireCount, requireDuration, requireKnown } from "./engine/require.ts";
import { addStage } from "./pipeline.ts";
import type { Stage } from "./stage.ts";

/** What a batch handler learns beside the values. */
export interface BatchContext {
  /** Aligned with the values. */
  readonly messages: readonly Message<unknown>[];
  /** Aborts when the batch's time is up, or when every partition that it was taken from is lost. */
  readonly signal: AbortSignal;
}

/** How batches are made and run. */
export interface HandleBatchOptions {
  /** Names the stage in explain(), events and dead letters. Default "handleBatch", numbered if there are several. */
  readonly name?: string;
  /** The most messages in a batch. Default 100. */
  readonly maxMessages?: number;
  /** The most payload bytes in a batch, as they arrived; one larger message goes alone. Default: no bound. */
  readonly maxBytes?: number;
  /** How long the first message of a batch waits for company, in milliseconds. Default 50; 0: only for what is there in the same turn. */
  readonly lingerMs?: number;
  /** The most batches under way at once. Default 4. */
  readonly concurrency?: number;
  /** How long one call may take before it has failed with class resource; Infinity: for ever. Default 60,000. */
  readonly timeoutMs?: number;
  /** Rests the intake while the service behind keeps failing. Default: none. */
  readonly breaker?: Breaker;
}

/** The result of a message that failed, in the array that a batch handler returns. */
export function failed(error: unknown): Failed {
  return new Failed(error);
}

const known = ["name", "maxMessages", "maxBytes", "lingerMs", "concurrency", "timeoutMs", "breaker"];

/**
 * Runs a handler for many messages at once. The handler returns an array with a value, or `failed(error)`, for each message; or a Map of errors by
 * index, or nothing, and then the values stay as they are. When it throws, nobody knows which message was to blame: the batch is bisected, so that
 * the good ones pass and each bad one fails alone, in at most log2(n) + 1 further calls (rounded up) for each; no message that has passed runs again. A result
 * list of the wrong length, or a Map with an index that no message has, counts as a throw.
 *
 * Emits each message when its batch has an answer for it, and every earlier one of its lane has gone on or is settled · Holds back a lane while an
 * earlier message of it is in another batch, or has failed: what passed behind it keeps its result and is not run again ·
 * A failure of class resource (or a time-out) halves the batch and the next ones, down to one message; they grow again slowly.
 *
 * ```ts
 * handleBatch(async (orders) => { await insertAll(orders); }, { maxMessages: 500, lingerMs: 20 })
 * ```
 *
 * What can bite: a throw with an error that calls itself transient (every adapter's does) fails the whole batch, because all of it may pass later;
 * other errors are bisected, so what a failed call has done already is done again for the good ones: make it idempotent, or one transaction.
 */
export function handleBatch<A>(
  handler: (
    values: readonly A[],
    context: BatchContext,
  ) => void | ReadonlyMap<number, unknown> | PromiseLike<void | ReadonlyMap<number, unknown>>,
  options?: HandleBatchOptions,
): Stage<A, A>;
/** The same with a handler that makes a value of each message. */
export function handleBatch<A, B>(
  handler: (values: readonly A[], context: BatchContext) => readonly (B | Failed)[] | PromiseLike<readonly (B | Failed)[]>,
  options?: HandleBatchOptions,
): Stage<A, B>;
export function handleBatch<A>(
  handler: (values: readonly A[], context: BatchContext) => unknown,
  options: HandleBatchOptions = {},
): Stage<A, unknown> {
  requireKnown("handleBatch", options, known);
  const maxMessages = requireCount("maxMessages", options.maxMessages ?? 100);
  const maxBytes = options.maxBytes === undefined ? Number.POSITIVE_INFINITY : requireCount("maxBytes", options.maxBytes);
  const lingerMs = requireCount("lingerMs", options.lingerMs ?? 50, 0);
  const concurrency = requireCount("concurrency", options.concurrency ?? 4);
  const timeoutMs = requireDuration("timeoutMs", options.timeoutMs ?? 60_000, true);
  const stage: StageDescription = {
    kind: "handleBatch",
    name: options.name,
    says: `runs a handler for up to ${maxMessages} messages at once, at most ${concurrency} batches side by side`,
    promise: undefined,
    failures: leavesFailures,
    role: { is: "beyond" },
    build({ run, next, name }) {
      const limit = new AdaptiveLimit(maxMessages);
      const work = new BatchWork({
        name,
        clock: run.clock,
        limit,
        timeoutMs,
        call: (values, context) => handler(values as readonly A[], context),
      });
      return new BatchStage({
        name,
        run,
        next,
        maxMessages: () => limit.now,
        maxBytes,
        lingerMs,
        concurrency,
        breaker: options.breaker,
        timeoutMs: Number.POSITIVE_INFINITY,
        sharesLanes: true,
        // What is behind one that is tried again may be what made the call fail: with it again, the first would fail with it until it is given up.
        takesAlong: ({ attempt }) => attempt === 1,
        goesAlone: (delivery) => work.isSuspect(delivery),
        execute: (batch, signal) => work.execute(batch, signal),
      });
    },
  };
  return (source) => addStage(source, stage);
}

export type { Failed };
