import { failureClassOf, hasCode, type ItemResult, type Message, type QueueMessage, type QueueSource } from "@spillway/spec";
import type { Acknowledger } from "./acknowledger.ts";
import { backoffAfterError } from "./backoff-after-error.ts";
import type { Feed } from "./feed.ts";
import { deliveryIn, messageIn, type Place } from "./places.ts";
import { pause } from "./pause.ts";
import type { Run } from "./run-context.ts";
import { PlaceState } from "./window.ts";

/** What a heartbeat works with. */
export interface QueueHeartbeatOptions {
  readonly run: Run;
  readonly source: QueueSource<unknown>;
  readonly feed: Feed;
  readonly acknowledger: Acknowledger;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** The queue has given a message to somebody else. */
  readonly lost: (message: Message<unknown>, error: Error) => void;
}

/** When the next beat comes. */
interface NextBeat {
  /** Whether it should be here already. */
  due: boolean;
  /** Resolves when it is due, to true; or to false when the signal aborts. */
  readonly comes: Promise<boolean>;
}

/** The longest wait before an extension that failed is asked for again, as a part of the visibility timeout. */
const longestRetry = 1 / 15;

/**
 * Keeps the messages that are here ours: extends what has been here for a third of the visibility timeout or longer, a call at a time. At the first extension
 * two thirds may be over; what fails is asked for again in short waits until the next beat, which asks for all.
 */
export class QueueHeartbeat {
  readonly #options: QueueHeartbeatOptions;
  /** The end of the window one beat ago: what came later is young enough. */
  #youngFrom: number;
  /** What is being asked for, and when that will have been answered. */
  #call: { readonly messages: ReadonlySet<Message<unknown>>; readonly answered: Promise<unknown> } | undefined = undefined;

  constructor(options: QueueHeartbeatOptions) {
    this.#options = options;
    this.#youngFrom = options.feed.window.end;
  }

  /** Resolves when the signal has aborted. */
  async beat(): Promise<void> {
    for (let next = this.#nextBeat(); await next.comes; ) {
      // Counted from here: what is young now must not wait for answers to what is asked meanwhile.
      next = this.#nextBeat();
      await this.#extendOld(next);
    }
  }

  /** Resolves when the call that extends some of these messages has ended: it would undo their giving back. Undefined when there is none. */
  answered(messages: readonly Message<unknown>[]): Promise<unknown> | undefined {
    const call = this.#call;
    return call !== undefined && messages.some((message) => call.messages.has(message)) ? call.answered : undefined;
  }

  #nextBeat(): NextBeat {
    const { run, source, signal } = this.#options;
    const next: NextBeat = {
      due: false,
      comes: pause(run.clock, source.visibilityTimeoutMs / 3, signal).then((passed) => {
        next.due = true;
        return passed;
      }),
    };
    return next;
  }

  async #extendOld(next: NextBeat): Promise<void> {
    const { run, source, feed, signal } = this.#options;
    const until = this.#youngFrom;
    this.#youngFrom = feed.window.end;
    let messages = this.#oursBefore(until);
    for (let failures = 1; messages.length > 0; failures++) {
      const delayMs = Math.min(backoffAfterError(failures, run.clock), source.visibilityTimeoutMs * longestRetry);
      const failed = await this.#extend(messages, delayMs);
      if (failed.size === 0 || !(await pause(run.clock, delayMs, signal)) || next.due) return;
      messages = this.#oursBefore(until).filter((message) => failed.has(message));
    }
  }

  #oursBefore(until: number): readonly QueueMessage<unknown>[] {
    const { window } = this.#options.feed;
    const messages: QueueMessage<unknown>[] = [];
    let sequence = window.base;
    for (let left = window.before(until); left > 0; left--) {
      const place = window.record(sequence) as Place;
      if (this.#isOurs(place, window.state(sequence))) messages.push(messageIn(place) as QueueMessage<unknown>);
      sequence = window.after(sequence);
    }
    return messages;
  }

  /** What was given back keeps its place for a while: extended, it would be hidden from everybody. */
  #isOurs(place: Place, state: number): boolean {
    const { feed, acknowledger } = this.#options;
    const delivery = deliveryIn(place);
    if (state === PlaceState.settled || (delivery !== undefined && acknowledger.underWay.has(delivery))) return false;
    if (state === PlaceState.waiting) return !feed.closed && !feed.takenBack.has(place as Message<unknown>);
    return true;
  }

  /** Resolves to those that are worth another try before the next beat. */
  async #extend(messages: readonly QueueMessage<unknown>[], delayMs: number): Promise<ReadonlySet<QueueMessage<unknown>>> {
    const { source, signal, lost } = this.#options;
    try {
      const results = await this.#ask(messages);
      const refusals = new Map<QueueMessage<unknown>, Error>();
      messages.forEach((message, index) => {
        const result = results[index] ?? {
          ok: false,
          error: new Error(`${source.name} answered for ${results.length} of ${messages.length}`),
        };
        if (result.ok) return;
        if (hasCode(result.error, "SPILLWAY_RECEIPT_LOST")) lost(message, result.error);
        else refusals.set(message, result.error);
      });
      const [refusal] = refusals.values();
      return refusal === undefined ? nothing : this.#failed([...refusals.keys()], refusal, delayMs);
    } catch (error) {
      return signal.aborted ? nothing : this.#failed(messages, error, delayMs);
    }
  }

  async #ask(messages: readonly QueueMessage<unknown>[]): Promise<readonly ItemResult[]> {
    const { source, signal } = this.#options;
    const receipts = messages.map(({ receipt }) => receipt);
    const extension = source.extend(receipts, { signal });
    this.#call = { messages: new Set(messages), answered: extension.catch(() => undefined) };
    try {
      return await extension;
    } finally {
      this.#call = undefined;
    }
  }

  /** Of a permission that is missing no short wait is the cure. */
  #failed(messages: readonly QueueMessage<unknown>[], error: unknown, soonMs: number): ReadonlySet<QueueMessage<unknown>> {
    const { run, source } = this.#options;
    const isFatal = failureClassOf(error) === "fatal";
    run.emit({ type: "source-failed", source: source.name, error, delayMs: isFatal ? source.visibilityTimeoutMs / 3 : soonMs });
    return isFatal ? nothing : new Set(messages);
  }
}

const nothing: ReadonlySet<QueueMessage<unknown>> = new Set();
