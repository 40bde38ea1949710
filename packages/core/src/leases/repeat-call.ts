import { failureClassOf, type CallOptions, type Clock } from "@spillway/spec";
import { alarm } from "./alarm.ts";
import { backoffMs } from "./backoff.ts";
import { boundedCall } from "./bounded-call.ts";

const tries = 6;
const limits = { firstMs: 100, maxMs: 2_000 };

/** Makes a call up to six times while it fails in a way that may pass; each is bounded in time, and so is the pause after it. Rejects with the last failure. */
export async function repeatCall<T>(
  clock: Clock,
  timeoutMs: number,
  signals: readonly AbortSignal[],
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await boundedCall(clock, timeoutMs, signals, call);
    } catch (error) {
      const mayPass = failureClassOf(error) !== "fatal" && failureClassOf(error) !== "permanent";
      if (signals.some((signal) => signal.aborted) || failures === tries || !mayPass) throw error;
      await alarm(clock).sleep(backoffMs(failures, limits, clock));
    }
  }
}
