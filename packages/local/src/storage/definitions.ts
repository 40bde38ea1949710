import { badFormat } from "../failures.ts";
import type { Database } from "./environment.ts";
import { keyOf } from "./keys.ts";

/** What a store can hold under a name. */
export type DefinitionKind = "log" | "queue";

/** What was said when a log or queue was created, and the number that stands for it in keys. */
export interface Definition<Settings> {
  readonly id: number;
  readonly settings: Settings;
}

const nextIdKey = keyOf("definition", { text: "" });

/** Reads what is stored under a name; undefined when nothing is. */
export function readDefinition<Settings>(database: Database, kind: DefinitionKind, name: string): Definition<Settings> | undefined {
  const stored = database.get(keyOf("definition", { text: kind }, { rest: name }));
  if (stored === undefined) return undefined;
  try {
    return JSON.parse(stored.toString()) as Definition<Settings>;
  } catch (cause) {
    throw badFormat(`The definition of the ${kind} "${name}" is damaged. Restore the directory from a backup.`, cause);
  }
}

/** Stores a definition under a name, with the number it has or a new one. */
export function writeDefinition<Settings>(
  database: Database,
  kind: DefinitionKind,
  name: string,
  settings: Settings,
  before: Definition<unknown> | undefined,
): Definition<Settings> {
  const definition = { id: before?.id ?? takeId(database), settings };
  database.put(keyOf("definition", { text: kind }, { rest: name }), Buffer.from(JSON.stringify(definition)));
  return definition;
}

function takeId(database: Database): number {
  const stored = database.get(nextIdKey);
  const id = stored === undefined ? 1 : stored.readUInt32BE(0);
  const next = Buffer.allocUnsafe(4);
  next.writeUInt32BE(id + 1);
  database.put(nextIdKey, next);
  return id;
}
