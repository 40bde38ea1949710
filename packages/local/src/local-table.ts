import { badFormat, invalidOptions } from "./failures.ts";
import { requireNamed, type LocalStore } from "./open-local.ts";
import { requireShort } from "./options.ts";
import type { Database } from "./storage/environment.ts";
import { keyOf, within, type Bounds } from "./storage/keys.ts";

/** Names a table. */
export interface LocalTableOptions {
  readonly store: LocalStore;
  /** The table's name, at most 255 bytes. A table needs no creation. */
  readonly table: string;
}

/** A bounded stretch of a table, in the order of its keys' UTF-8. */
export interface TableRange {
  /** The first key; left out: the table's first. */
  readonly from?: string;
  /** The key to stop before; left out: the end. */
  readonly until?: string;
}

/** A small table of keys and values: running state, results of effects, whatever must be there after a restart. Values are kept as JSON. */
export interface LocalTable<T> {
  readonly name: string;
  /** Resolves to the value of a key, undefined where there is none. */
  get(key: string): Promise<T | undefined>;
  /** Resolves when the value is as durable as the store promises; so do all that follow. Writes that are asked for together are written together. */
  put(key: string, value: T): Promise<void>;
  /** Puts all of them or, when it rejects, perhaps none. */
  putMany(entries: Iterable<readonly [key: string, value: T]>): Promise<void>;
  /**
   * Changes a value by what it is now, as if alone among all processes; undefined deletes it. Resolves to the new value. The change must not wait, and
   * is called again when another process has written in the meantime: only what the last call returned counts.
   */
  update<Next extends T | undefined>(key: string, change: (value: T | undefined) => Next): Promise<Next>;
  delete(key: string): Promise<void>;
  /** Entries in the order of their keys. They are read some hundreds at a time: what is written meanwhile may or may not be seen. */
  entries(range?: TableRange): AsyncIterable<readonly [key: string, value: T]>;
}

const maxKeyBytes = 1_000;
const entriesPerRead = 500;

/** A table of the store. Its values must survive JSON: no undefined, functions, dates, bigints or bytes inside. */
export function localTable<T>(options: LocalTableOptions): LocalTable<T> {
  const access = requireNamed("localTable", options, "table", []);
  const { table: name } = options;

  function keyBytes(key: string): Buffer {
    if (typeof key !== "string" || key.length === 0)
      throw invalidOptions(`A key of the table "${name}" must be a text of at least one character.`);
    requireShort(`The key of the table "${name}"`, key, maxKeyBytes);
    return keyOf("table", { text: name }, { rest: key });
  }

  function encode(key: string, value: T): Buffer {
    const json = JSON.stringify(value);
    if (json === undefined)
      throw invalidOptions(`The value of "${key}" in the table "${name}" has no JSON; delete the key instead of storing ${typeof value}.`);
    return Buffer.from(json);
  }

  function decode(key: string, stored: Buffer | undefined): T | undefined {
    if (stored === undefined) return undefined;
    try {
      return JSON.parse(stored.toString()) as T;
    } catch (cause) {
      throw badFormat(
        `The value of "${key}" in the table "${name}" is damaged. Delete the key, or restore the directory from a backup.`,
        cause,
      );
    }
  }

  function readSome(database: Database, bounds: Bounds): readonly (readonly [Buffer, string, T])[] {
    return Array.from(database.range({ ...bounds, limit: entriesPerRead }), ({ key, value }) => {
      const text = key.toString("utf8", prefix.length);
      return [key, text, decode(text, value) as T] as const;
    });
  }

  const prefix = keyOf("table", { text: name });
  return {
    name,
    async get(key) {
      const bytes = keyBytes(key);
      return access.read((database) => decode(key, database.get(bytes)));
    },
    async put(key, value) {
      const bytes = keyBytes(key);
      const encoded = encode(key, value);
      await access.write((database) => database.put(bytes, encoded));
    },
    async putMany(entries) {
      const encoded = Array.from(entries, ([key, value]) => [keyBytes(key), encode(key, value)] as const);
      await access.write((database) => {
        for (const [key, value] of encoded) database.put(key, value);
      });
    },
    async update(key, change) {
      const bytes = keyBytes(key);
      return access.write((database) => {
        const next = change(decode(key, database.get(bytes)));
        if (next === undefined) database.remove(bytes);
        else database.put(bytes, encode(key, next));
        return next;
      });
    },
    async delete(key) {
      const bytes = keyBytes(key);
      await access.write((database) => database.remove(bytes));
    },
    async *entries({ from, until } = {}) {
      const whole = within(prefix);
      let next = from === undefined ? whole.from : keyBytes(from);
      const end = until === undefined ? whole.until : keyBytes(until);
      for (;;) {
        const some = await access.read((database) => readSome(database, { from: next, until: end }));
        for (const [, key, value] of some) yield [key, value];
        const last = some.at(-1);
        if (last === undefined || some.length < entriesPerRead) return;
        // The smallest key after the last one.
        next = Buffer.concat([last[0], Buffer.from([0])]);
      }
    },
  };
}
