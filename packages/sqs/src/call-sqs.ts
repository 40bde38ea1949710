import type { Clock } from "@spillway/spec";
import { sqsError, type SqsAction } from "./sqs-error.ts";
import { withTimeLimit } from "./with-time-limit.ts";

/** How one call to SQS is bounded and named. */
export interface SqsCall {
  readonly action: SqsAction;
  readonly queueUrl: string;
  /** The call is given up after this long, retries of the SDK included: the SDK has no limit of its own. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** The caller's; a call that it ends rejects with its reason. */
  readonly signal: AbortSignal;
}

/** Runs one call of the SDK within its time, and makes its errors ours. */
export async function callSqs<Output>(call: SqsCall, send: (abortSignal: AbortSignal) => Promise<Output>): Promise<Output> {
  try {
    return await withTimeLimit({ ...call, what: `${call.action} on ${call.queueUrl}` }, send);
  } catch (error) {
    call.signal.throwIfAborted();
    throw sqsError(error, call.action, call.queueUrl);
  }
}
