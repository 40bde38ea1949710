import { systemClock, type Clock } from "@spillway/spec";
import { abortable } from "./abortable.ts";
import { invalidOptions, unusable } from "./failures.ts";
import { requireKnown, requireName, requireOneOf } from "./options.ts";
import { borrowEnvironment } from "./storage/environments.ts";
import type { Changes } from "./changes.ts";
import type { Durability } from "./storage/durability.ts";
import type { Database } from "./storage/environment.ts";

/** How a store is opened. */
export interface OpenLocalOptions {
  /** Where the store's files are; made if missing. Several processes may open the same directory, all on one machine. */
  readonly directory: string;
  /** What every write survives once it is acknowledged; "power-loss" where nothing is said. Processes may differ. */
  readonly durability?: Durability;
  /** Where times and waits come from; the machine's own clock where nothing is said. */
  readonly clock?: Clock;
}

/** One directory, open: what logs, queues, tables, checkpoints and leases stand on. */
export interface LocalStore {
  readonly directory: string;
  readonly durability: Durability;
  /**
   * Waits for the writes that are under way and lets go of the files. What still uses the store is refused from then on; readers that wait are
   * woken to hear it. Calling it again does nothing.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the parts of this package see of a store. */
export interface StoreAccess {
  readonly clock: Clock;
  readonly changes: Changes;
  /** Aborts when the store closes. */
  readonly closing: AbortSignal;
  read<T>(work: (database: Database) => T, signal?: AbortSignal): Promise<T>;
  /** Resolves when what the work has written is as durable as the store promises. The work throws before its first write or not at all. */
  write<T>(work: (database: Database) => T, signal?: AbortSignal): Promise<T>;
}

const accesses = new WeakMap<LocalStore, StoreAccess>();

/**
 * Opens the store in a directory, or creates it. Rejects with SPILLWAY_STORE_UNAVAILABLE when the directory cannot be used, and with
 * SPILLWAY_FORMAT when what is in it is damaged, foreign or of a newer format; then nothing was changed.
 */
export async function openLocal(options: OpenLocalOptions): Promise<LocalStore> {
  requireKnown("openLocal", options, ["directory", "durability", "clock"]);
  const { directory, durability = "power-loss", clock = systemClock } = options;
  if (typeof directory !== "string" || directory.length === 0) throw invalidOptions("openLocal needs the path of a directory.");
  requireOneOf("durability", durability, ["process-crash", "power-loss"]);
  const { environment, changes, release } = await borrowEnvironment(directory);
  const closing = new AbortController();
  let closed: Promise<void> | undefined;

  const store: LocalStore = {
    directory: environment.directory,
    durability,
    close() {
      closing.abort(
        unusable(`The store in ${environment.directory} has been closed. Close it only when everything that uses it has ended.`),
      );
      return (closed ??= release());
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
  accesses.set(store, {
    clock,
    changes,
    closing: closing.signal,
    async read(work, signal) {
      closing.signal.throwIfAborted();
      signal?.throwIfAborted();
      return abortable(environment.read(work), signal);
    },
    async write(work, signal) {
      closing.signal.throwIfAborted();
      signal?.throwIfAborted();
      return abortable(environment.write(work, durability), signal);
    },
  });
  return store;
}

/** What is behind a store that openLocal has given; throws for anything else. */
export function accessTo(store: LocalStore): StoreAccess {
  const access = accesses.get(store);
  if (access === undefined) throw invalidOptions("The option store must be what openLocal() resolves to; await it first.");
  return access;
}

/** Checks the options that every part of a store takes: the store, and what this part is called. */
export function requireNamed<Option extends string>(
  call: string,
  options: Readonly<Record<Option, string>> & { readonly store: LocalStore },
  nameOption: Option,
  others: readonly string[],
): StoreAccess {
  requireKnown(call, options, ["store", nameOption, ...others]);
  requireName(`${call}'s option ${nameOption}`, options[nameOption]);
  return accessTo(options.store);
}
