import type { CallOptions } from "@spillway/spec";
import { pause } from "../client/abortable.ts";
import { isPassing } from "./passing-failure.ts";

/**
 * Makes a call again and again until it is answered for good, or the signal aborts. Soon at first: a transaction that is just being ended, which is what
 * holds the next one up, is so within milliseconds.
 */
export async function untilAnswered<T>(
  make: () => Promise<T>,
  options: CallOptions,
  between: (options: CallOptions) => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 500)) {
    try {
      return await make();
    } catch (error) {
      if (!isPassing(error) || options.signal.aborted) throw error;
      await pause(waitMs, options);
      options.signal.throwIfAborted();
      await between(options);
    }
  }
}
