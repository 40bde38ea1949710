/** Resolves to the values when all have ended. Rejects with the first failure in their order, but not before the others have ended too. */
export async function allEnded<Value>(work: readonly Promise<Value>[]): Promise<readonly Value[]> {
  const values: Value[] = [];
  for (const outcome of await Promise.allSettled(work)) {
    if (outcome.status === "rejected") throw outcome.reason;
    values.push(outcome.value);
  }
  return values;
}
