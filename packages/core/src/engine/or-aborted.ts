import { AbortableWaits } from "./abortable-waits.ts";

/** Resolves or rejects as the promise does, or resolves to undefined when the signal aborts first: what does not matter any more is not waited for. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const waits = new AbortableWaits(signal);
  try {
    return await waits.for(promise);
  } finally {
    waits.end();
  }
}
