import type { LeaseStore } from "@spillway/spec";

/** How many open leases of the scope each owner holds, fewest first; finished leases and those that nobody holds are left out. */
export async function leasesByOwner(leases: LeaseStore, scope: string): Promise<readonly number[]> {
  const counts = new Map<string, number>();
  for (const { owner, state } of await leases.list(scope, { signal: new AbortController().signal }))
    if (state === "open" && owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return [...counts.values()].toSorted((one, other) => one - other);
}
