import type { Clock } from "@spillway/spec";

const firstMs = 100;
const maxMs = 10_000;

/** How long the engine itself waits before it repeats a failed call to a store or a source: full jitter over a doubling bound, from 100 ms to 10 s. */
export function backoffAfterError(failures: number, clock: Clock): number {
  const bound = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 30));
  return Math.ceil(bound / 2 + (clock.random() * bound) / 2);
}
