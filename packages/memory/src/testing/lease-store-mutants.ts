import type { LeaseStoreSubject } from "@spillway/conformance";
import { hasCode, type LeaseRecord, type LeaseStore, type PartitionId } from "@spillway/spec";
import { late } from "./late.ts";
import type { Mutant } from "./mutant.ts";

type StoreMutant = Mutant<LeaseStoreSubject>;

const never = new AbortController().signal;

const records: readonly StoreMutant[] = [
  {
    name: "lists a record that nobody wrote",
    rejectedBy: ["a scope that nobody has written to has no records"],
    mutate: (subject) => lists(subject, (listed) => (listed.length === 0 ? [{ partition: "p" } as unknown as LeaseRecord] : listed)),
  },
  {
    name: "answers true and writes nothing",
    rejectedBy: ["a first write makes the record, as it was written", "a write at the stored version replaces the record"],
    mutate: (subject) => stores(subject, (store) => ({ ...store, compareAndSet: async () => true })),
  },
  {
    name: "keeps no owner",
    rejectedBy: ["a first write makes the record, as it was written"],
    mutate: (subject) => lists(subject, (listed) => listed.map((record) => ({ ...record, owner: undefined }))),
  },
  {
    name: "keeps no parents",
    rejectedBy: ["every form of a record is kept"],
    mutate: (subject) => lists(subject, (listed) => listed.map((record) => ({ ...record, parents: [] }))),
  },
  {
    name: "keeps tokens of 32 bits",
    rejectedBy: ["every form of a record is kept"],
    mutate: (subject) =>
      lists(subject, (listed) => listed.map((record) => ({ ...record, token: (record.token | 0) as LeaseRecord["token"] }))),
  },
  {
    name: "keeps what a later write left out",
    rejectedBy: ["a write at the stored version replaces the record"],
    mutate(subject) {
      const wanted = new Map<PartitionId, string>();
      return stores(subject, (store) => ({
        ...store,
        compareAndSet(scope, version, record, options) {
          if (record.wantedBy !== undefined) wanted.set(record.partition, record.wantedBy);
          return store.compareAndSet(scope, version, { ...record, wantedBy: wanted.get(record.partition) }, options);
        },
      }));
    },
  },
  {
    name: "writes whatever the version",
    rejectedBy: [
      "a write at an earlier version is refused and changes nothing",
      "a first write of a record that exists is refused",
      "a write at a version where there is no record is refused",
      "of first writes that race, one wins",
      "of writes at one version that race, one wins",
      "of workers with a store each that race, one wins",
    ],
    mutate: (subject) => stores(subject, lastWriterWins),
  },
  {
    name: "refuses a stale write and writes it all the same",
    rejectedBy: ["a write at an earlier version is refused and changes nothing", "a first write of a record that exists is refused"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        async compareAndSet(scope, version, record, options) {
          const answer = await store.compareAndSet(scope, version, record, options);
          if (!answer) await lastWriterWins(store).compareAndSet(scope, version, record, options);
          return answer;
        },
      })),
  },
  {
    name: "lists what was true a moment ago",
    rejectedBy: ["a write is listed at once, by every worker"],
    mutate(subject) {
      let before: readonly LeaseRecord[] = [];
      return stores(subject, (store) => ({
        ...store,
        async list(scope, options) {
          const stale = before;
          before = await store.list(scope, options);
          return stale.length === 0 ? before : stale;
        },
      }));
    },
  },
  {
    name: "lists its first page",
    rejectedBy: ["all records of a scope are listed, however many"],
    mutate: (subject) => lists(subject, (listed) => listed.slice(0, 100)),
  },
  {
    name: "keeps one scope for all",
    rejectedBy: [
      "scopes are kept apart, whatever characters their names hold",
      "remove leaves the scope's other records, and other scopes', alone",
    ],
    mutate: (subject) => scopes(subject, () => "all"),
  },
  {
    name: "does not tell small letters from capitals",
    rejectedBy: ["scopes are kept apart, whatever characters their names hold"],
    mutate: (subject) => scopes(subject, (scope) => scope.toLowerCase()),
  },
  {
    name: "removes at any version",
    rejectedBy: ["remove takes the record away, at its version only"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        async remove(scope, partition, version, options) {
          const stored = (await store.list(scope, options)).find((record) => record.partition === partition);
          return await store.remove(scope, partition, stored?.version ?? version, options);
        },
      })),
  },
  {
    name: "says false of what is gone already",
    rejectedBy: ["removing what is not there is true"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        async remove(scope, partition, version, options) {
          const stored = await store.list(scope, options);
          return stored.some((record) => record.partition === partition) && (await store.remove(scope, partition, version, options));
        },
      })),
  },
  {
    name: "removes the whole scope",
    rejectedBy: ["remove leaves the scope's other records, and other scopes', alone"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        async remove(scope, partition, version, options) {
          const removed = await store.remove(scope, partition, version, options);
          for (const record of await store.list(scope, options)) await store.remove(scope, record.partition, record.version, options);
          return removed;
        },
      })),
  },
  {
    name: "takes what it cannot understand for nothing",
    rejectedBy: ["a record that cannot be understood is refused, not taken for none"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        list: (...given) =>
          store.list(...given).catch((error: unknown) => {
            if (hasCode(error, "SPILLWAY_FORMAT")) return [];
            throw error;
          }),
      })),
  },
  {
    name: "loses its last write in a crash",
    rejectedBy: ["records are there after a crash"],
    mutate(subject) {
      let crashed = false;
      let replaced: readonly LeaseRecord[] = [];
      const forgetful = stores(subject, (store) => ({
        ...store,
        list: async (scope, options) => (crashed ? replaced : await store.list(scope, options)),
        async compareAndSet(scope, version, record, options) {
          replaced = await store.list(scope, options);
          return await store.compareAndSet(scope, version, record, options);
        },
      }));
      return { ...forgetful, reopen: async () => ((crashed = true), subject.reopen()) };
    },
  },
  {
    name: "works under an aborted signal",
    rejectedBy: ["calls whose signal is aborted already reject"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        remove: (scope, partition, version) => store.remove(scope, partition, version, { signal: never }),
      })),
  },
  {
    name: "answers late, and does not hear an abort meanwhile",
    rejectedBy: ["an abort ends calls that are under way"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        compareAndSet: (scope, version, record, options) => late(store.compareAndSet(scope, version, record, options)),
      })),
  },
  {
    name: "leaves a listener for each list",
    rejectedBy: ["calls that have answered leave no listener on their signal"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        list(scope, options) {
          options.signal.addEventListener("abort", () => undefined);
          return store.list(scope, options);
        },
      })),
  },
];

const racing: readonly StoreMutant[] = [
  {
    name: "compares, and then sets",
    rejectedBy: [
      "of first writes that race, one wins",
      "of writes at one version that race, one wins",
      "of workers with a store each that race, one wins",
    ],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        async compareAndSet(scope, version, record, options) {
          const stored = (await store.list(scope, options)).find(({ partition }) => partition === record.partition);
          if (stored?.version !== version) return false;
          for (let turns = 0; turns < 8; turns += 1) await Promise.resolve();
          return await lastWriterWins(store).compareAndSet(scope, version, record, options);
        },
      })),
  },
  {
    name: "compares with what its own process has seen",
    rejectedBy: ["of workers with a store each that race, one wins"],
    mutate: (subject) =>
      stores(subject, (store) => {
        const seen = new Map<PartitionId, number>();
        return {
          ...store,
          async compareAndSet(scope, version, record, options) {
            if (version !== (seen.get(record.partition) ?? version)) return false;
            seen.set(record.partition, record.version);
            return await lastWriterWins(store).compareAndSet(scope, version, record, options);
          },
        };
      }),
  },
  {
    name: "removes after it compared",
    rejectedBy: ["of a removal and a renewal that race, one wins"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        async remove(scope, partition, _version, options) {
          const stored = (await store.list(scope, options)).find((record) => record.partition === partition);
          if (stored === undefined) return true;
          return await store.remove(scope, partition, stored.version, options);
        },
      })),
  },
];

/** Broken lease stores, and which cases reject them. */
export const leaseStoreMutants: readonly StoreMutant[] = [...records, ...racing];

function stores(subject: LeaseStoreSubject, change: (store: LeaseStore) => LeaseStore): LeaseStoreSubject {
  return { ...subject, store: () => change(subject.store()) };
}

function lists(subject: LeaseStoreSubject, change: (listed: readonly LeaseRecord[]) => readonly LeaseRecord[]): LeaseStoreSubject {
  return stores(subject, (store) => ({ ...store, list: async (scope, options) => change(await store.list(scope, options)) }));
}

function scopes(subject: LeaseStoreSubject, change: (scope: string) => string): LeaseStoreSubject {
  return stores(subject, (store) => ({
    list: (scope, options) => store.list(change(scope), options),
    compareAndSet: (scope, version, record, options) => store.compareAndSet(change(scope), version, record, options),
    remove: (scope, partition, version, options) => store.remove(change(scope), partition, version, options),
  }));
}

/** A store that does not compare: it writes at whatever version is stored. */
function lastWriterWins(store: LeaseStore): LeaseStore {
  return {
    ...store,
    async compareAndSet(scope, _version, record, options) {
      const stored = (await store.list(scope, options)).find(({ partition }) => partition === record.partition);
      await store.compareAndSet(scope, stored?.version, record, options);
      return true;
    },
  };
}
