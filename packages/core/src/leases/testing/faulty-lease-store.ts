import { SpillwayError, type CallOptions, type Clock, type LeaseRecord, type LeaseStore } from "@spillway/spec";

/** How one call goes wrong. */
export type StoreFault =
  /** Rejects, and nothing was done. */
  | "refused"
  /** Rejects, but it was done. */
  | "answer lost"
  /** Was done; then, as after a retry inside a client, resolves as if somebody else had been faster. */
  | "applied twice"
  /** Never answers; done nevertheless, long after the caller gave up. */
  | "late";

/** A lease store in memory, on virtual time, that fails as it is told. */
export interface FaultyLeaseStore extends LeaseStore {
  /** Asked before each call; undefined: no fault. */
  fault: (call: "list" | "compareAndSet" | "remove", record?: LeaseRecord) => StoreFault | undefined;
  /** What every call rejects with, without being made; undefined: none. */
  error: Error | undefined;
  /** What it holds. */
  records(scope: string): readonly LeaseRecord[];
  /** Every write that changed something, in order. */
  readonly written: readonly LeaseRecord[];
  /** Calls made so far. */
  readonly calls: { list: number; compareAndSet: number; remove: number };
}

/** A lease store whose calls take latencyMs, half of it before they take place. */
export function faultyLeaseStore(clock: Clock, latencyMs: number | (() => number) = 0): FaultyLeaseStore {
  const scopes = new Map<string, Map<string, LeaseRecord>>();
  const written: LeaseRecord[] = [];
  const calls = { list: 0, compareAndSet: 0, remove: 0 };
  const scopeOf = (scope: string): Map<string, LeaseRecord> => {
    const found = scopes.get(scope) ?? new Map<string, LeaseRecord>();
    scopes.set(scope, found);
    return found;
  };

  function call<T>(fault: StoreFault | undefined, { signal }: CallOptions, act: () => T, refusal: T): Promise<T> {
    const oneWayMs = (typeof latencyMs === "function" ? latencyMs() : latencyMs) / 2;
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", abort);
      const answer = (settle: () => void): void =>
        void clock.schedule(oneWayMs, () => {
          signal.removeEventListener("abort", abort);
          settle();
        });
      const { error } = store;
      if (error !== undefined) {
        clock.schedule(oneWayMs, () => answer(() => reject(error)));
        return;
      }
      const down = new SpillwayError(`The store failed: ${fault}.`, { code: "SPILLWAY_STORE_UNAVAILABLE" });
      // An aborted call may take place all the same: only its answer is lost.
      clock.schedule(fault === "late" ? 7_000 : oneWayMs, () => {
        if (fault === "refused") return answer(() => reject(down));
        const result = act();
        if (fault === "late") return;
        if (fault === "answer lost") return answer(() => reject(down));
        answer(() => resolve(fault === "applied twice" ? refusal : result));
      });
    });
  }

  const store: FaultyLeaseStore = {
    fault: () => undefined,
    error: undefined,
    records: (scope) => [...scopeOf(scope).values()],
    written,
    calls,
    list(scope, options) {
      calls.list++;
      const fault = store.fault("list");
      return call(fault === "applied twice" ? undefined : fault, options, () => [...scopeOf(scope).values()], []);
    },
    compareAndSet(scope, expectedVersion, next, options) {
      calls.compareAndSet++;
      const act = (): boolean => {
        if (scopeOf(scope).get(next.partition)?.version !== expectedVersion) return false;
        scopeOf(scope).set(next.partition, next);
        written.push(next);
        return true;
      };
      return call(store.fault("compareAndSet", next), options, act, false);
    },
    remove(scope, partition, expectedVersion, options) {
      calls.remove++;
      const act = (): boolean => {
        const found = scopeOf(scope).get(partition);
        if (found !== undefined && found.version !== expectedVersion) return false;
        scopeOf(scope).delete(partition);
        return true;
      };
      return call(store.fault("remove"), options, act, false);
    },
  };
  return store;
}
