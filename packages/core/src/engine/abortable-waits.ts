/**
 * Waits for one thing after another, each until a signal aborts: what does not matter any more is not waited for. One listener serves all of them:
 * one for each wait makes it four times as dear.
 */
export class AbortableWaits {
  readonly #signal: AbortSignal;
  #giveUp: () => void = () => {};
  readonly #onAbort = (): void => this.#giveUp();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Resolves or rejects as the promise does, or resolves to undefined when the signal aborts first. One call at a time. */
  for<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => resolve(undefined);
      promise.then(resolve, reject);
      if (this.#signal.aborted) this.#giveUp();
    });
  }

  /** Nothing is waited for any more. */
  end(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}
