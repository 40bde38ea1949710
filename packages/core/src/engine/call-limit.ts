import { SpillwayError, type Cancel, type Clock } from "@spillway/spec";
import { sharedController } from "./shared-controller.ts";

/** What a call's limit is made of. */
export interface CallLimitOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Infinity: no limit. */
  readonly timeoutMs: number;
}

/** The signal and the time limit of one call to a batch handler. */
export class CallLimit {
  readonly #options: CallLimitOptions;
  readonly #outer: AbortSignal;
  readonly #controller = sharedController();
  readonly #onOuter: () => void;
  #cancel: Cancel | undefined = undefined;

  constructor(options: CallLimitOptions, outer: AbortSignal) {
    this.#options = options;
    this.#outer = outer;
    this.#onOuter = () => this.#controller.abort(outer.reason);
    outer.addEventListener("abort", this.#onOuter, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins to count the time; `late` is called when it is up. */
  start(late: (error: Error) => void): void {
    const { name, clock, timeoutMs } = this.#options;
    if (timeoutMs === Number.POSITIVE_INFINITY) return;
    this.#cancel = clock.schedule(timeoutMs, () => {
      const error = new SpillwayError(
        `${name} did not settle within ${timeoutMs} ms; make it faster, use smaller batches, or raise timeoutMs`,
        {
          code: "SPILLWAY_HANDLER_TIMEOUT",
          failureClass: "resource",
        },
      );
      this.#controller.abort(error);
      late(error);
    });
  }

  /** The call has an answer. */
  end(): void {
    this.#cancel?.();
    this.#outer.removeEventListener("abort", this.#onOuter);
  }
}
