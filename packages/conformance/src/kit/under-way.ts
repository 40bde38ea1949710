import type { CallOptions } from "@spillway/spec";
import type { CaseContext } from "./case-context.ts";
import { equal, settled } from "./check.ts";
import { upTo } from "./facts.ts";
import { ownSignal } from "./listeners.ts";

// More than an adapter that waits for nothing has awaits in a row.
const readySteps = 100;

/**
 * Begins a call, aborts its signal before anything outside the process can have answered, and fails the case unless the call rejects and lets go of the
 * signal. Only promises that are ready run until the abort, no timer and no input; a call that has answered by then waits for nothing, and passes.
 */
export async function expectAbortEnds(what: string, call: (options: CallOptions) => Promise<unknown>, context: CaseContext): Promise<void> {
  const own = ownSignal();
  let answered = false;
  const ended = settled(call(own)).finally(() => (answered = true));
  for (const _ of upTo(readySteps)) await Promise.resolve();
  if (answered) {
    await ended;
    return;
  }
  own.abort();
  const { state } = await context.within(`the end of ${what} after the abort`, ended);
  equal(`how ${what} ended after the abort`, state, "rejected");
  own.expectNoListeners(`the listeners left by ${what}`);
}
