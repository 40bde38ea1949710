import type { CheckpointStoreSubject } from "@spillway/conformance";
import { hasCode, type Checkpoint, type CheckpointKey, type CheckpointStore, type FencingToken, type PartitionId } from "@spillway/spec";
import { late } from "./late.ts";
import type { Mutant } from "./mutant.ts";

type StoreMutant = Mutant<CheckpointStoreSubject>;
type Reading = Extract<Checkpoint, { readonly state: "reading" }>;

const never = new AbortController().signal;
const earliest: Checkpoint = { state: "reading", from: { at: "earliest" }, done: [], attempting: undefined };
const highest = Number.MAX_SAFE_INTEGER as FencingToken;

const content: readonly StoreMutant[] = [
  {
    name: "makes a checkpoint up",
    rejectedBy: ["without a checkpoint, load resolves to undefined", "a load of nothing fences out the earlier owner too"],
    mutate: (subject) => loads(subject, (loaded) => loaded ?? earliest),
  },
  {
    name: "keeps nothing",
    rejectedBy: ["a saved checkpoint is loaded as it was", "an owner saves and loads as often as it likes"],
    mutate: (subject) => loads(subject, () => undefined),
  },
  {
    name: "keeps the first save",
    rejectedBy: ["the last save counts"],
    mutate(subject) {
      const saved = new Set<string>();
      return stores(subject, (store) => ({
        ...store,
        save: async (key, ...rest) => (saved.has(nameOf(key)) ? undefined : (saved.add(nameOf(key)), store.save(key, ...rest))),
      }));
    },
  },
  {
    name: "keeps no done positions",
    rejectedBy: ["positions done beyond the watermark are kept, in their order", "as many done positions as the store says are kept"],
    mutate: (subject) => saves(subject, (checkpoint) => ({ ...checkpoint, done: [] })),
  },
  {
    name: "sorts done positions",
    rejectedBy: ["as many done positions as the store says are kept"],
    mutate: (subject) => saves(subject, (checkpoint) => ({ ...checkpoint, done: checkpoint.done.toSorted() })),
  },
  {
    name: "cuts done positions at a hundred",
    rejectedBy: ["as many done positions as the store says are kept"],
    mutate: (subject) => saves(subject, (checkpoint) => ({ ...checkpoint, done: checkpoint.done.slice(0, 100) })),
  },
  {
    name: "adds done positions up",
    rejectedBy: ["done positions of an earlier save are gone after a later one"],
    mutate(subject) {
      let before: Reading["done"] = [];
      return saves(subject, (checkpoint) => ({ ...checkpoint, done: (before = [...before, ...checkpoint.done]) }));
    },
  },
  {
    name: "begins at earliest where there is no position",
    rejectedBy: ["every way to begin is kept"],
    mutate: (subject) =>
      saves(subject, (checkpoint) => (checkpoint.from.at === "after" ? checkpoint : { ...checkpoint, from: { at: "earliest" } })),
  },
  {
    name: "forgets which message was being attempted",
    rejectedBy: ["the message being attempted is kept with its crashes, and cleared"],
    mutate: (subject) => saves(subject, (checkpoint) => ({ ...checkpoint, attempting: undefined })),
  },
  {
    name: "keeps the message being attempted for ever",
    rejectedBy: ["the message being attempted is kept with its crashes, and cleared"],
    mutate(subject) {
      let attempting: Reading["attempting"];
      return saves(subject, (checkpoint) => ({ ...checkpoint, attempting: (attempting = checkpoint.attempting ?? attempting) }));
    },
  },
  {
    name: "keeps no notes",
    rejectedBy: ["as many notes as the store says are kept, and replaced"],
    mutate: (subject) => saves(subject, ({ notes: _notes, ...checkpoint }) => checkpoint),
  },
  {
    name: "does not know finished",
    rejectedBy: ["finished is kept"],
    mutate: (subject) => loads(subject, (loaded) => (loaded?.state === "finished" ? earliest : loaded)),
  },
  {
    name: "keeps one checkpoint for all partitions",
    rejectedBy: [
      "partitions are kept apart",
      "a damaged checkpoint harms no other partition's",
      "the fence of one partition is no other's",
    ],
    mutate: (subject) => keys(subject, ({ scope }) => ({ scope, partition: "all" as PartitionId })),
  },
  {
    name: "joins scope and partition by a slash",
    rejectedBy: ["scopes are kept apart, whatever characters their names hold"],
    mutate: (subject) => keys(subject, ({ scope, partition }) => ({ scope: `${scope}/${partition}`, partition: "" as PartitionId })),
  },
  {
    name: "does not tell small letters from capitals",
    rejectedBy: ["scopes are kept apart, whatever characters their names hold"],
    mutate: (subject) =>
      keys(subject, ({ scope, partition }) => ({ scope: scope.toLowerCase(), partition: partition.toLowerCase() as PartitionId })),
  },
  {
    name: "takes what it cannot understand for nothing",
    rejectedBy: ["a checkpoint that cannot be understood is refused, not taken for none"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        load: (...given) =>
          store.load(...given).catch((error: unknown) => {
            if (hasCode(error, "SPILLWAY_FORMAT")) return undefined;
            throw error;
          }),
      })),
  },
  {
    name: "fails as a whole for one damaged checkpoint",
    rejectedBy: ["a damaged checkpoint harms no other partition's"],
    mutate(subject) {
      const damaged = new Set<CheckpointKey>();
      return {
        ...stores(subject, (store) => ({
          ...store,
          load: (key, ...rest) => store.load([...damaged][0] ?? key, ...rest),
        })),
        corrupt: async (key) => (damaged.add(key), subject.corrupt(key)),
      };
    },
  },
];

const fencing: readonly StoreMutant[] = [
  {
    name: "lets an owner save once",
    rejectedBy: ["an owner saves and loads as often as it likes"],
    mutate(subject) {
      const used = new Set<FencingToken>();
      return stores(subject, (store) => ({
        ...store,
        save: async (key, checkpoint, token, options) =>
          used.has(token) ? undefined : (used.add(token), store.save(key, checkpoint, token, options)),
      }));
    },
  },
  {
    name: "keeps each owner's checkpoint to itself",
    rejectedBy: ["a new owner is given what the last one saved"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        load: (key, token, options) => store.load(ownedBy(key, token), token, options),
        save: (key, checkpoint, token, options) => store.save(ownedBy(key, token), checkpoint, token, options),
      })),
  },
  {
    name: "does not look at tokens",
    rejectedBy: [
      "a save under an earlier token is refused and changes nothing",
      "a load under an earlier token is refused and does not lower the fence",
      "a saved checkpoint and its fence are there after a crash",
      "a fence raised by a load is there after a crash",
    ],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        load: (key, _token, options) => store.load(key, highest, options),
        save: (key, checkpoint, _token, options) => store.save(key, checkpoint, highest, options),
      })),
  },
  {
    name: "refuses a late save and writes it all the same",
    rejectedBy: ["a save under an earlier token is refused and changes nothing"],
    mutate(subject) {
      let newest: FencingToken;
      return {
        ...stores(subject, (store) => ({
          ...store,
          async save(key, checkpoint, token, options) {
            const saving = store.save(key, checkpoint, token, options);
            await saving.catch(() => store.save(key, checkpoint, newest, options));
            await saving;
          },
        })),
        takeOver: async () => (newest = await subject.takeOver()),
      };
    },
  },
  {
    name: "raises the fence with saves only",
    rejectedBy: ["a load alone fences out the earlier owner", "a load of nothing fences out the earlier owner too"],
    mutate(subject) {
      const saved = new Map<string, FencingToken>();
      return stores(subject, (store) => ({
        ...store,
        load: (key, _token, options) => store.load(key, highest, options),
        save(key, checkpoint, token, options) {
          const fence = saved.get(nameOf(key)) ?? token;
          saved.set(nameOf(key), token > fence ? token : fence);
          return store.save(key, checkpoint, token < fence ? token : highest, options);
        },
      }));
    },
  },
  {
    name: "raises one fence for all partitions",
    rejectedBy: ["the fence of one partition is no other's"],
    mutate(subject) {
      const all: CheckpointKey = { scope: "fence", partition: "fence" as PartitionId };
      return stores(subject, (store) => ({
        ...store,
        async load(key, token, options) {
          await store.load(all, token, options);
          return await store.load(key, token, options);
        },
        async save(key, checkpoint, token, options) {
          await store.load(all, token, options);
          await store.save(key, checkpoint, token, options);
        },
      }));
    },
  },
  {
    name: "checks the token, and then writes",
    rejectedBy: ["of saves that race over a takeover, no stale one is left"],
    mutate(subject) {
      const fences = new Map<string, FencingToken>();
      return stores(subject, (store) => ({
        ...store,
        load(key, token, options) {
          fences.set(nameOf(key), token);
          return store.load(key, highest, options);
        },
        async save(key, checkpoint, token, options) {
          const admitted = token >= (fences.get(nameOf(key)) ?? token);
          for (let turns = 0; turns < 8; turns += 1) await Promise.resolve();
          await store.save(key, checkpoint, admitted ? highest : token, options);
        },
      }));
    },
  },
  {
    name: "forgets its fences in a crash",
    rejectedBy: ["a saved checkpoint and its fence are there after a crash", "a fence raised by a load is there after a crash"],
    mutate(subject) {
      let crashed = false;
      return {
        ...stores(subject, (store) => ({
          ...store,
          save: (key, checkpoint, token, options) => store.save(key, checkpoint, crashed ? highest : token, options),
        })),
        reopen: async () => ((crashed = true), subject.reopen()),
      };
    },
  },
];

const ending: readonly StoreMutant[] = [
  {
    name: "works under an aborted signal",
    rejectedBy: ["calls whose signal is aborted already reject"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        load: (key, token) => store.load(key, token, { signal: never }),
        save: (key, checkpoint, token) => store.save(key, checkpoint, token, { signal: never }),
      })),
  },
  {
    name: "answers late, and does not hear an abort meanwhile",
    rejectedBy: ["an abort ends a load and a save that are under way"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        save: (key, checkpoint, token, options) => late(store.save(key, checkpoint, token, options)),
      })),
  },
  {
    name: "leaves a listener for each save",
    rejectedBy: ["calls that have answered leave no listener on their signal"],
    mutate: (subject) =>
      stores(subject, (store) => ({
        ...store,
        save(key, checkpoint, token, options) {
          options.signal.addEventListener("abort", () => undefined);
          return store.save(key, checkpoint, token, options);
        },
      })),
  },
];

/** Broken checkpoint stores, and which cases reject them. */
export const checkpointStoreMutants: readonly StoreMutant[] = [...content, ...fencing, ...ending];

function stores(subject: CheckpointStoreSubject, change: (store: CheckpointStore) => CheckpointStore): CheckpointStoreSubject {
  return { ...subject, store: () => change(subject.store()) };
}

function loads(
  subject: CheckpointStoreSubject,
  change: (loaded: Checkpoint | undefined) => Checkpoint | undefined,
): CheckpointStoreSubject {
  return stores(subject, (store) => ({ ...store, load: async (...given) => change(await store.load(...given)) }));
}

function saves(subject: CheckpointStoreSubject, change: (checkpoint: Reading) => Checkpoint): CheckpointStoreSubject {
  return stores(subject, (store) => ({
    ...store,
    save: (key, checkpoint, ...rest) => store.save(key, checkpoint.state === "reading" ? change(checkpoint) : checkpoint, ...rest),
  }));
}

function keys(subject: CheckpointStoreSubject, change: (key: CheckpointKey) => CheckpointKey): CheckpointStoreSubject {
  const changed = stores(subject, (store) => ({
    ...store,
    load: (key, ...rest) => store.load(change(key), ...rest),
    save: (key, ...rest) => store.save(change(key), ...rest),
  }));
  return { ...changed, corrupt: (key) => subject.corrupt(change(key)) };
}

function ownedBy(key: CheckpointKey, token: FencingToken): CheckpointKey {
  return { scope: `${key.scope} of ${token}`, partition: key.partition };
}

function nameOf({ scope, partition }: CheckpointKey): string {
  return JSON.stringify([scope, partition]);
}
