import type { Clock } from "@spillway/spec";

/** How long to wait before the next try after this many failures in a row: doubling from firstMs to maxMs, the upper half of it by chance. */
export function backoffMs(failures: number, limits: { readonly firstMs: number; readonly maxMs: number }, clock: Clock): number {
  const fullMs = Math.min(limits.maxMs, limits.firstMs * 2 ** Math.min(failures - 1, 30));
  return fullMs / 2 + (clock.random() * fullMs) / 2;
}
