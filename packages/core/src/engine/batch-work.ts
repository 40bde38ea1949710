import { failureClassOf, SpillwayError, type Clock, type Message } from "@spillway/spec";
import type { AdaptiveLimit } from "./adaptive-limit.ts";
import { passed, type BatchResult } from "./batch-stage.ts";
import { CallLimit } from "./call-limit.ts";
import { Findings } from "./findings.ts";
import { isThenable } from "./is-thenable.ts";
import { sayError } from "./say-error.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** A failed message in the array that a batch handler returns. */
export class Failed {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** What a batch handler is called with beside the values. */
export interface BatchCallContext {
  readonly messages: readonly Message<unknown>[];
  readonly signal: AbortSignal;
}

/** What batch work is made of. */
export interface BatchWorkOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly limit: AdaptiveLimit;
  readonly timeoutMs: number;
  readonly call: (values: readonly unknown[], context: BatchCallContext) => unknown;
}

/** What one call said: a result for each message, or an error that says nothing about any of them. */
type Answer = { readonly told: true; readonly results: readonly BatchResult[] } | { readonly told: false; readonly error: unknown };

/** Runs a batch handler, and when a call fails as a whole, finds out which messages were to blame. */
export class BatchWork {
  readonly #options: BatchWorkOptions;
  /** Messages that have made a whole call fail: their next attempt is a call of their own. */
  readonly #suspects = new WeakSet<Message<unknown>>();

  constructor(options: BatchWorkOptions) {
    this.#options = options;
  }

  isSuspect(delivery: TrackedDelivery): boolean {
    return delivery.attempt > 1 && this.#suspects.has(delivery.message);
  }

  /** One result for each delivery; at once when the handler answers at once. */
  execute(batch: readonly TrackedDelivery[], signal: AbortSignal): readonly BatchResult[] | Promise<readonly BatchResult[]> {
    const answer = this.#ask(batch, signal);
    if (!(answer instanceof Promise) && answer.told) {
      this.#options.limit.wentWell(batch.length);
      return answer.results;
    }
    return this.#find(batch, answer, signal);
  }

  /**
   * Searches from the front: of a range that fails, the first half is asked; if that passes, the fault is in the second. So the first bad message is
   * found in log2(n) calls with all before it done, and what follows it is asked as one again.
   */
  async #find(batch: readonly TrackedDelivery[], first: Answer | Promise<Answer>, signal: AbortSignal): Promise<readonly BatchResult[]> {
    let answer = await first;
    if (answer.told) {
      // Nothing to look for, and so no table of findings: that is most of what a batch costs.
      this.#options.limit.wentWell(batch.length);
      return answer.results;
    }
    const found = new Findings(batch);
    let range = batch;
    for (;;) {
      if (answer.told) {
        this.#options.limit.wentWell(range.length);
        found.tell(range, answer.results);
        return found.results();
      }
      if (signal.aborted) return found.failAll(range, answer.error);
      const left = found.without(range);
      if (left.length < range.length) {
        if (left.length === 0) return found.results();
        range = left;
        answer = await this.#ask(range, signal);
        continue;
      }
      const failureClass = failureClassOf(answer.error);
      if (failureClass === "resource" && range.length > 1) {
        this.#options.limit.tooMuch(range.length);
        await this.#inPieces(found, range, signal);
        return found.results();
      }
      if (failureClass === "transient" || failureClass === "fatal" || range.length === 1) return found.failAll(range, answer.error);
      range = await this.#afterFirstFault(found, range, answer.error, signal);
      if (range.length === 0) return found.results();
      answer = await this.#ask(range, signal);
    }
  }

  /** Asks about a range that was too large in pieces of the new size, whatever that becomes meanwhile: a larger one would be too much again. */
  async #inPieces(found: Findings, range: readonly TrackedDelivery[], signal: AbortSignal): Promise<void> {
    const half = Math.ceil(range.length / 2);
    for (let left = range; left.length > 0 && !signal.aborted; ) {
      const size = Math.min(this.#options.limit.now, half);
      const piece = left.slice(0, size);
      found.tell(piece, await this.#find(piece, this.#ask(piece, signal), signal));
      left = found.without(left.slice(size));
    }
  }

  async #afterFirstFault(
    found: Findings,
    range: readonly TrackedDelivery[],
    error: unknown,
    signal: AbortSignal,
  ): Promise<readonly TrackedDelivery[]> {
    let bad = range;
    let cause = error;
    let after: readonly TrackedDelivery[] = [];
    while (bad.length > 1) {
      const left = found.without(bad);
      if (left.length < bad.length) return [...left, ...found.without(after)];
      const half = bad.slice(0, Math.floor(bad.length / 2));
      const other = bad.slice(half.length);
      const answer = await this.#ask(half, signal);
      if (!answer.told) {
        cause = answer.error;
        after = [...other, ...after];
        bad = half;
        continue;
      }
      found.tell(half, answer.results);
      bad = found.without(other);
      // Where a failure in the first half takes messages out of the second, nothing is known about what is left.
      if (bad.length < other.length) return [...bad, ...found.without(after)];
    }
    const [poison] = bad;
    if (poison !== undefined) {
      this.#suspects.add(poison.message);
      found.tell([poison], [{ ok: false, error: cause }]);
    }
    return found.without(after);
  }

  #ask(range: readonly TrackedDelivery[], signal: AbortSignal): Answer | Promise<Answer> {
    const values = range.map(({ value }) => value);
    const messages = range.map(({ message }) => message);
    const limit = new CallLimit(this.#options, signal);
    try {
      const answer = this.#options.call(values, { messages, signal: limit.signal });
      if (!isThenable(answer)) {
        limit.end();
        return understand(this.#options.name, range, answer);
      }
      return new Promise((resolve) => {
        limit.start((error) => resolve({ told: false, error }));
        answer.then(
          (value) => {
            limit.end();
            resolve(understand(this.#options.name, range, value));
          },
          (error: unknown) => {
            limit.end();
            resolve({ told: false, error });
          },
        );
      });
    } catch (error) {
      limit.end();
      return { told: false, error };
    }
  }
}

/** What a handler's answer says about each message; one that fits no form is an error about all of them. */
function understand(name: string, range: readonly TrackedDelivery[], answer: unknown): Answer {
  if (answer === undefined || answer === null) return { told: true, results: new Array<BatchResult>(range.length).fill(passed) };
  if (answer instanceof Map && strangerIn(answer, range.length) === undefined) {
    return {
      told: true,
      results: range.map((_, index) => (answer.has(index) ? { ok: false, error: answer.get(index) as unknown } : passed)),
    };
  }
  if (Array.isArray(answer) && answer.length === range.length) {
    return {
      told: true,
      results: answer.map((value: unknown) => (value instanceof Failed ? { ok: false, error: value.error } : { ok: true, value })),
    };
  }
  const message = `${name} was called with ${range.length} messages and answered with ${say(answer, range.length)}; return a result for each, a Map of errors by index from 0, or nothing`;
  return { told: false, error: new SpillwayError(message, { code: "SPILLWAY_RESULT_MISMATCH", failureClass: "permanent" }) };
}

/** A key of a Map of errors that is no index of a batch of this size: whose failure it tells is unknown. */
function strangerIn(errors: ReadonlyMap<unknown, unknown>, size: number): { readonly key: unknown } | undefined {
  for (const key of errors.keys()) if (!Number.isInteger(key) || Number(key) < 0 || Number(key) >= size) return { key };
  return undefined;
}

function say(answer: unknown, size: number): string {
  if (Array.isArray(answer)) return `${answer.length} results`;
  if (answer instanceof Map) return `a Map whose key ${sayError(strangerIn(answer, size)?.key)} is the index of none`;
  return typeof answer;
}
