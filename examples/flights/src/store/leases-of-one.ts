import type { LeaseStore } from "@spillway/spec";

/**
 * The leases of a store on which one process works at a time: what another worker holds was left by a process that is dead, and is free at once.
 * Without this a start after a kill -9 would wait until the dead one's leases have run out, eleven seconds.
 */
export function leasesOfOne(leases: LeaseStore, worker: string): LeaseStore {
  return {
    ...leases,
    async list(scope, options) {
      const records = await leases.list(scope, options);
      return records.map((record) =>
        record.owner === undefined || record.owner.startsWith(worker) ? record : { ...record, durationMs: 0 },
      );
    },
  };
}
