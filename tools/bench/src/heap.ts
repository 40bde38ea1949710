/** The bytes that are really in use: after collecting, until two collections find the same. Only ever called outside timed rounds. */
export async function usedBytes(): Promise<number> {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error("memory is measured with --expose-gc");
  let before = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 20; tries++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    const { heapUsed, external } = process.memoryUsage();
    const now = heapUsed + external;
    if (Math.abs(before - now) < 4_096) return now;
    before = now;
  }
  return before;
}
