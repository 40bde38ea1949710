/** Tells how fast a count grows. */
export interface RateMeter {
  /** Takes the count at a moment; returns messages in the last seconds, and how many milliseconds these are. */
  measure(total: number, nowMs: number): { readonly messages: number; readonly elapsedMs: number };
}

const windowMs = 2_000;

/** A meter over the last two seconds. */
export function rateMeter(): RateMeter {
  const samples: { readonly total: number; readonly atMs: number }[] = [];
  return {
    measure(total, nowMs) {
      samples.push({ total, atMs: nowMs });
      while (samples.length > 2 && nowMs - (samples[1]?.atMs ?? nowMs) >= windowMs) samples.shift();
      const first = samples[0] ?? { total, atMs: nowMs };
      return { messages: total - first.total, elapsedMs: nowMs - first.atMs };
    },
  };
}
