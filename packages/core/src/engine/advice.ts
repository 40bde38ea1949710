import type { QueueSource, QueueUse } from "@spillway/spec";
import type { FailurePolicy } from "./failure-policy.ts";
import { orAborted } from "./or-aborted.ts";
import type { Run } from "./run-context.ts";
import { sayError } from "./say-error.ts";
import { crashedAtReceive } from "./suspect-guard.ts";

/**
 * What a queue's own settings will do to a pipeline, in sentences that name the queue. A queue that does not answer is no reason to fail, so that this is
 * said too; rejects only when the signal aborts.
 */
export async function adviceOf(
  source: QueueSource<unknown>,
  crashLimit: number,
  policy: FailurePolicy,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const sentences = await source.advise(useOf(policy, crashLimit), { signal });
    return sentences.map((sentence) => `${source.name}: ${sentence}`);
  } catch (error) {
    signal.throwIfAborted();
    return [`${source.name}: what the queue's own settings do to this pipeline is not known: ${sayError(error)}`];
  }
}

/** Asks a queue as a run starts, for explain(); nobody waits for it, and it ends with the run. */
export async function askForAdvice(run: Run, source: QueueSource<unknown>, crashLimit: number): Promise<void> {
  const says = await orAborted(adviceOf(source, crashLimit, run.failures, run.signal), run.signal);
  if (says === undefined || says.length === 0) return;
  run.advice.push(...says);
  if (run.listened) run.emit({ type: "advised", source: source.name, says });
}

function useOf({ attempts, maxAgeMs, receivesByRetry, halts }: FailurePolicy, crashLimit: number): QueueUse {
  return {
    attempts,
    maxAgeMs,
    receivesByRetry,
    crashedAtReceive: halts ? undefined : crashedAtReceive(crashLimit + receivesByRetry),
  };
}
