/** Runs the work for each item, a bounded number at a time, to the end of all; resolves to the errors of those that failed. */
export async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<readonly unknown[]> {
  const errors: unknown[] = [];
  const queue = items.values();
  async function worker(): Promise<void> {
    for (const item of queue) {
      try {
        await work(item);
      } catch (error) {
        errors.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return errors;
}

/** How many writes to a lease store run at once: enough for a thousand leases within a renewal period, few enough for a client's connections. */
export const writesAtOnce = 32;
