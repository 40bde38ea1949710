import type { LeaseRecord, LeaseStore, PartitionId } from "@spillway/spec";
import { badFormat } from "./failures.ts";
import { hasEnded, parseHolder, thisProcess, type LeaseHolder } from "./lease-holder.ts";
import { accessTo, type LocalStore } from "./open-local.ts";
import { requireKnown, requireShort } from "./options.ts";
import { isStartPosition } from "./parse-checkpoint.ts";
import type { Database } from "./storage/environment.ts";
import { keyOf, within } from "./storage/keys.ts";

/** Names the store that leases are kept in. */
export interface LocalLeasesOptions {
  readonly store: LocalStore;
}

// With the other parts of a key this stays below LMDB's 1,978 bytes.
const maxScopeBytes = 1_000;
const maxPartitionBytes = 900;

const version = 1;

/**
 * Leases in the store: each compare-and-set is one transaction, alone among all processes. A lease whose owner's process has ended without releasing
 * it (kill -9) is listed with a duration of 0, so that nobody has to wait until it runs out.
 */
export function localLeases(options: LocalLeasesOptions): LeaseStore {
  requireKnown("localLeases", options, ["store"]);
  const access = accessTo(options.store);
  return {
    async list(scope, { signal }) {
      requireShort("A lease's scope", scope, maxScopeBytes);
      const bounds = within(keyOf("lease", { text: scope }));
      return access.read((database) => Array.from(database.range(bounds), ({ value }) => judged(parse(value, scope))), signal);
    },
    async compareAndSet(scope, expectedVersion, next, { signal }) {
      const key = keyBytes(scope, next.partition);
      const value = Buffer.from(JSON.stringify({ v: version, lease: next, holder: thisProcess() }));
      return access.write((database) => {
        if (storedVersion(database, key, scope) !== expectedVersion) return false;
        database.put(key, value);
        return true;
      }, signal);
    },
    async remove(scope, partition, expectedVersion, { signal }) {
      const key = keyBytes(scope, partition);
      return access.write((database) => {
        const stored = storedVersion(database, key, scope);
        if (stored === undefined) return true;
        if (stored !== expectedVersion) return false;
        database.remove(key);
        return true;
      }, signal);
    },
  };
}

function storedVersion(database: Database, key: Buffer, scope: string): number | undefined {
  const stored = database.get(key);
  return stored === undefined ? undefined : parse(stored, scope).lease.version;
}

interface StoredLease {
  readonly lease: LeaseRecord;
  readonly holder: LeaseHolder | undefined;
}

function judged({ lease, holder }: StoredLease): LeaseRecord {
  const isLeft = lease.owner !== undefined && holder !== undefined && hasEnded(holder);
  return isLeft ? { ...lease, durationMs: 0 } : lease;
}

function parse(stored: Buffer, scope: string): StoredLease {
  const found = leaseIn(stored);
  if (found !== undefined) return found;
  throw badFormat(
    `A lease of ${scope} is damaged or of a newer version. Upgrade @spillway/local in all processes, or give the consumer another name to begin anew.`,
  );
}

function leaseIn(stored: Buffer): StoredLease | undefined {
  let value: unknown;
  try {
    value = JSON.parse(stored.toString());
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("v" in value) || value.v !== version || !("lease" in value)) return undefined;
  const lease = value.lease as Partial<LeaseRecord> | null;
  const readable =
    typeof lease === "object" &&
    lease !== null &&
    typeof lease.partition === "string" &&
    Array.isArray(lease.parents) &&
    typeof lease.version === "number" &&
    typeof lease.token === "number" &&
    typeof lease.durationMs === "number" &&
    (lease.state === "open" || lease.state === "finished") &&
    isStartPosition(lease.start);
  // JSON leaves undefined out; a record has all its members.
  if (!readable) return undefined;
  const holder = "holder" in value ? parseHolder(value.holder) : undefined;
  return { lease: { owner: undefined, wantedBy: undefined, ...lease } as LeaseRecord, holder };
}

function keyBytes(scope: string, partition: PartitionId): Buffer {
  requireShort("A lease's scope", scope, maxScopeBytes);
  requireShort("A lease's partition", partition, maxPartitionBytes);
  return keyOf("lease", { text: scope }, { rest: partition });
}
