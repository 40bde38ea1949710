import type { FencingToken, LeaseRecord, LeaseStore, PartitionId } from "@spillway/spec";
import type { Network } from "../faults/network.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";

/** Lease records that outlive every process. */
export class SimulatedLeases {
  readonly records: Map<string, LeaseRecord> = new Map<string, LeaseRecord>();

  list(scope: string): readonly LeaseRecord[] {
    return [...this.records].filter(([name]) => name.startsWith(`${scope} `)).map(([, record]) => record);
  }

  compareAndSet(scope: string, expectedVersion: number | undefined, next: LeaseRecord): boolean {
    const name = `${scope} ${next.partition}`;
    if (this.records.get(name)?.version !== expectedVersion) return false;
    this.records.set(name, next);
    return true;
  }

  remove(scope: string, partition: PartitionId, expectedVersion: number): boolean {
    const name = `${scope} ${partition}`;
    const stored = this.records.get(name);
    if (stored !== undefined && stored.version !== expectedVersion) return false;
    this.records.delete(name);
    return true;
  }

  /** Gives an owned lease to somebody who never does anything with it. Returns its record; undefined when none is owned. */
  steal(number: number): LeaseRecord | undefined {
    const owned = [...this.records].filter(([, record]) => record.owner !== undefined && record.state === "open");
    const found = owned[number % Math.max(1, owned.length)];
    if (found === undefined) return undefined;
    const [name, record] = found;
    const token = (record.token + 1) as FencingToken;
    const stolen: LeaseRecord = { ...record, owner: "thief", token, version: record.version + 1, wantedBy: undefined };
    this.records.set(name, stolen);
    return stolen;
  }
}

/** The lease records as one process sees them. */
export function leaseStore(leases: SimulatedLeases, process: SimulatedProcess, network: Network): LeaseStore {
  return {
    list: (scope, { signal }) =>
      network.call({ process, point: "lease.list", signal, about: () => "listing leases", effect: () => leases.list(scope) }),
    compareAndSet(scope, expectedVersion, next, { signal }) {
      const { partition, owner, token, version, state } = next;
      const about = (): string => `${partition} to ${owner ?? "nobody"}, token ${token}, version ${version}, ${state}`;
      return network.call({
        process,
        point: "lease.write",
        signal,
        about,
        effect: () => leases.compareAndSet(scope, expectedVersion, next),
      });
    },
    remove(scope, partition, expectedVersion, { signal }) {
      return network.call({
        process,
        point: "lease.remove",
        signal,
        about: () => `removing ${partition}`,
        effect: () => leases.remove(scope, partition, expectedVersion),
      });
    },
  };
}
