import type { LeaseRecord, LeaseStore, PartitionId } from "@spillway/spec";
import { entryName, formatEntry, parseEntry, type Entries } from "./entries.ts";

/** How a lease store in memory is made. */
export interface MemoryLeasesOptions {
  /** What the store keeps; left out: a map of its own. One entry for each partition of each scope, until it is removed. */
  readonly entries?: Entries;
}

/** Makes a lease store. */
export function memoryLeases({ entries = new Map() }: MemoryLeasesOptions = {}): LeaseStore {
  function stored(scope: string, partition: PartitionId): LeaseRecord | undefined {
    const name = entryName(scope, partition);
    const text = entries.get(name);
    return text === undefined ? undefined : parseEntry<LeaseRecord>(name, text);
  }

  return {
    async list(scope, { signal }) {
      signal.throwIfAborted();
      const prefix = `${JSON.stringify([scope]).slice(0, -1)},`;
      const records: LeaseRecord[] = [];
      for (const [name, text] of entries) if (name.startsWith(prefix)) records.push(restored(parseEntry<LeaseRecord>(name, text)));
      return records;
    },
    async compareAndSet(scope, expectedVersion, next, { signal }) {
      signal.throwIfAborted();
      if (stored(scope, next.partition)?.version !== expectedVersion) return false;
      entries.set(entryName(scope, next.partition), formatEntry(next));
      return true;
    },
    async remove(scope, partition, expectedVersion, { signal }) {
      signal.throwIfAborted();
      const record = stored(scope, partition);
      if (record !== undefined && record.version !== expectedVersion) return false;
      entries.delete(entryName(scope, partition));
      return true;
    },
  };
}

/** JSON leaves out what is undefined. */
function restored(record: LeaseRecord): LeaseRecord {
  return { ...record, owner: record.owner, wantedBy: record.wantedBy };
}
