import { hasCode, type Message, type QueueMessage, type QueueSource } from "@spillway/spec";
import type { Acknowledger } from "./acknowledger.ts";
import type { Feed, Place } from "./feed.ts";
import { pause } from "./pause.ts";
import type { Run } from "./run-context.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";
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

/** Keeps the messages that are here ours: extends what has been here for a third of the visibility timeout or longer, a call at a time. */
export class QueueHeartbeat {
  readonly #options: QueueHeartbeatOptions;
  /** The end of the window one beat ago: what came later is young enough. */
  #youngFrom: number;

  constructor(options: QueueHeartbeatOptions) {
    this.#options = options;
    this.#youngFrom = options.feed.window.end;
  }

  /** Resolves when the signal has aborted. */
  async beat(): Promise<void> {
    const { run, source, signal } = this.#options;
    while (await pause(run.clock, source.visibilityTimeoutMs / 3, signal)) {
      const old = this.#olderThanOneBeat();
      if (old.length > 0) await this.#extend(old);
    }
  }

  #olderThanOneBeat(): readonly Place[] {
    const { window } = this.#options.feed;
    const places: Place[] = [];
    let sequence = window.base;
    for (let left = window.before(this.#youngFrom); left > 0; left--) {
      const place = window.record(sequence) as Place;
      if (this.#isOurs(place, window.state(sequence))) places.push(place);
      sequence = window.after(sequence);
    }
    this.#youngFrom = window.end;
    return places;
  }

  /** What was given back keeps its place for a while: extended, it would be hidden from everybody. */
  #isOurs(place: Place, state: number): boolean {
    const { feed, acknowledger } = this.#options;
    if (state === PlaceState.settled || acknowledger.underWay.has(place as TrackedDelivery)) return false;
    if (state === PlaceState.waiting) return !feed.closed && !feed.takenBack.has(place as Message<unknown>);
    return true;
  }

  async #extend(places: readonly Place[]): Promise<void> {
    const { source, signal, lost } = this.#options;
    const messages = places.map((place) => (place instanceof TrackedDelivery ? place.message : place) as QueueMessage<unknown>);
    try {
      const results = await source.extend(
        messages.map(({ receipt }) => receipt),
        { signal },
      );
      let refusal: Error | undefined = undefined;
      results.forEach((result, index) => {
        const message = messages[index];
        if (message === undefined || result.ok) return;
        if (hasCode(result.error, "SPILLWAY_RECEIPT_LOST")) lost(message, result.error);
        else refusal ??= result.error;
      });
      if (refusal !== undefined) this.#tell(refusal);
    } catch (error) {
      if (!signal.aborted) this.#tell(error);
    }
  }

  /** What is not extended now is tried again with the next beat, and comes back to the queue if that fails too. */
  #tell(error: unknown): void {
    const { run, source } = this.#options;
    run.emit({ type: "source-failed", source: source.name, error, delayMs: source.visibilityTimeoutMs / 3 });
  }
}
