import type { ObjectLocation, ObjectStore } from "../object-store.ts";

/** An object store in memory that remembers the order of what was done to it, and fails where a test wants it to. */
export interface MemoryObjectStore extends ObjectStore {
  readonly objects: Map<string, Uint8Array>;
  /** "put bucket/key", "get …", "delete …". */
  readonly log: string[];
  /** Makes calls fail whose log line this matches; undefined for none. */
  failing: RegExp | undefined;
}

/** Makes an empty store. */
export function memoryObjectStore(): MemoryObjectStore {
  const objects = new Map<string, Uint8Array>();
  const log: string[] = [];
  const does = (what: string, location: ObjectLocation): string => {
    const line = `${what} ${nameOf(location)}`;
    log.push(line);
    if (store.failing?.test(line)) throw new Error(`the store failed to ${line}`);
    return nameOf(location);
  };
  const store: MemoryObjectStore = {
    objects,
    log,
    failing: undefined,
    get: async (location) => objects.get(does("get", location)),
    put: async (location, bytes) => void objects.set(does("put", location), bytes),
    delete: async (location) => void objects.delete(does("delete", location)),
  };
  return store;
}

function nameOf({ bucket, key }: ObjectLocation): string {
  return `${bucket}/${key}`;
}
