import type { Message } from "@spillway/spec";
import type { Breaker } from "./breaker.ts";
import { requireCount, requireDuration, requireKnown } from "./engine/require.ts";
import { describeWork } from "./engine/work-description.ts";
import { addStage } from "./pipeline.ts";
import type { Stage } from "./stage.ts";

/** What a handler learns beside the value. */
export interface HandleContext {
  readonly message: Message<unknown>;
  /** 1 for the first attempt at this stage in this process. */
  readonly attempt: number;
  /**
   * Aborts when the handler's time is up, when the partition or the receipt is lost, or at the drain deadline: stop then, nobody waits for the result.
   * Read it before the first await; it is the handler's own until it settles.
   */
  readonly signal: AbortSignal;
}

/** How a handler is run. */
export interface HandleOptions {
  /** Names the stage in explain(), events and dead letters. Default "handle", numbered if there are several. */
  readonly name?: string;
  /** The most handlers running at once in this process. Default 64; beyond about 1,000 the garbage collector is what you measure. */
  readonly concurrency?: number;
  /** How long a handler may take before its attempt has failed (as transient, SPILLWAY_HANDLER_TIMEOUT); Infinity: for ever. Default 60,000. */
  readonly timeoutMs?: number;
  /** Rests the intake while the service behind the handler keeps failing. Default: none. */
  readonly breaker?: Breaker;
}

const known = ["name", "concurrency", "timeoutMs", "breaker"];

/**
 * Runs a handler for each message, several side by side, each lane in order; the result becomes the value.
 *
 * Emits when a handler has returned or resolved · Holds back while `concurrency` handlers run; a lane while an earlier message of it is here · A
 * throw, a rejection (of any value) or a time-out marks the delivery failed and keeps its lane, until a policy downstream has decided.
 *
 * ```ts
 * handle((order, { signal }) => charge(order, signal), { concurrency: 64, timeoutMs: 30_000 })
 * ```
 *
 * What can bite: a handler that ignores its signal may still be running when its message is tried again. A retry gets the same value object: do not
 * change it.
 */
export function handle<A, B>(handler: (value: A, context: HandleContext) => B | PromiseLike<B>, options: HandleOptions = {}): Stage<A, B> {
  requireKnown("handle", options, known);
  const concurrency = requireCount("concurrency", options.concurrency ?? 64);
  const timeoutMs = requireDuration("timeoutMs", options.timeoutMs ?? 60_000, true);
  const stage = describeWork({
    kind: "handle",
    name: options.name,
    says: `runs a handler, at most ${concurrency} at once, ${timeoutMs === Number.POSITIVE_INFINITY ? "without a time limit" : `each for at most ${timeoutMs} ms`}`,
    work: (value, delivery) => handler(value as A, delivery),
    concurrency,
    timeoutMs: timeoutMs === Number.POSITIVE_INFINITY ? undefined : timeoutMs,
    breaker: options.breaker,
    disposition: undefined,
  });
  return (source) => addStage(source, stage);
}
