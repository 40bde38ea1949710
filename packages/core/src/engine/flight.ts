import type { Cancel } from "@spillway/spec";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { sharedController } from "./shared-controller.ts";

/** One batch under way: its abort signal, its time limit, and whether its results still count. */
export class Flight {
  readonly #controller = sharedController();
  readonly #feeds: ReadonlySet<AbortSignal>;
  readonly #onLost: () => void;
  #cancelLimit: Cancel | undefined = undefined;
  #ended = false;

  constructor(batch: readonly TrackedDelivery[]) {
    this.#feeds = signalsOf(batch);
    this.#onLost = () => {
      const [first] = this.#feeds;
      if ([...this.#feeds].every(({ aborted }) => aborted)) this.#controller.abort(first?.reason);
    };
    for (const feed of this.#feeds) feed.addEventListener("abort", this.#onLost);
  }

  /** Aborts when the batch's time is up, or when every partition that it was taken from is lost. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Takes the timer that ends with the batch. */
  limit(cancel: Cancel): void {
    this.#cancelLimit = cancel;
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** The batch has landed; false when it had before, so that these results are late. */
  end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#cancelLimit?.();
    for (const feed of this.#feeds) feed.removeEventListener("abort", this.#onLost);
    return true;
  }
}

/** The signals of all feeds that are in a batch; neighbours mostly are of one, and asking for a signal costs more than comparing feeds. */
function signalsOf(batch: readonly TrackedDelivery[]): ReadonlySet<AbortSignal> {
  const signals = new Set<AbortSignal>();
  let last: TrackedDelivery | undefined;
  for (const delivery of batch) {
    if (delivery.feed !== last?.feed) signals.add(delivery.feed.abortSignal);
    last = delivery;
  }
  return signals;
}
