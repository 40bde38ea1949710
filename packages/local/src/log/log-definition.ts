import { invalidOptions } from "../failures.ts";
import { readDefinition, writeDefinition, type Definition } from "../storage/definitions.ts";
import type { Database } from "../storage/environment.ts";
import type { Retention } from "./retention.ts";

/** What was said of a log when it was opened. */
export interface LogSettings {
  readonly partitions: number;
  readonly retention: Retention;
}

/** A log as everything inside the store knows it. */
export interface StoredLog extends LogSettings {
  readonly id: number;
  readonly name: string;
}

/** Reads a log's definition; throws when no log has this name. */
export function requireLog(database: Database, name: string): StoredLog {
  const definition = readDefinition<LogSettings>(database, "log", name);
  if (definition === undefined) {
    throw invalidOptions(`The store has no log named "${name}". Create it with openLog({ store, log: "${name}", partitions: … }) first.`);
  }
  return stored(name, definition);
}

/** Creates a log or takes the one that is there, which keeps its number of partitions and takes a retention that is named. */
export function defineLog(database: Database, name: string, partitions: number | undefined, retention: Retention | undefined): StoredLog {
  const before = readDefinition<LogSettings>(database, "log", name);
  if (before === undefined) {
    if (partitions === undefined) throw invalidOptions(`The log "${name}" does not exist yet: say how many partitions it has.`);
    return stored(name, writeDefinition(database, "log", name, { partitions, retention: retention ?? {} }, undefined));
  }
  const { settings } = before;
  if (partitions !== undefined && partitions !== settings.partitions) {
    throw invalidOptions(
      `The log "${name}" has ${settings.partitions} partitions and cannot be opened with ${partitions}: keys would move to other partitions ` +
        `and lose their order. Open it with ${settings.partitions}, or copy it into a new log.`,
    );
  }
  if (retention === undefined || JSON.stringify(retention) === JSON.stringify(settings.retention)) return stored(name, before);
  return stored(name, writeDefinition(database, "log", name, { ...settings, retention }, before));
}

function stored(name: string, { id, settings }: Definition<LogSettings>): StoredLog {
  return { id, name, ...settings };
}
