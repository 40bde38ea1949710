const firstBackoffMs = 200;
const maxBackoffMs = 5_000;

/** How long to wait after so many failures in a row: doubling from 0.2 s to 5 s, with jitter. */
export function backoffMs(failures: number, random: number): number {
  return Math.min(maxBackoffMs, firstBackoffMs * 2 ** (failures - 1)) * (0.5 + random / 2);
}
