import { SpillwayError } from "@spillway/spec";

/** What a store keeps: one text for each name. Given by a caller who wants it to outlive the store, as a file outlives a process. */
export type Entries = Map<string, string>;

/** A name that two different pairs never share, whatever characters they hold. */
export function entryName(scope: string, partition: string): string {
  return JSON.stringify([scope, partition]);
}

/** Reads an entry of format version 1. Throws SPILLWAY_FORMAT for anything else; the entry stays as it is. */
export function parseEntry<T>(name: string, text: string): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw unreadable(name, "it is not JSON", cause);
  }
  if (typeof parsed !== "object" || parsed === null || !("v" in parsed) || parsed.v !== 1 || !("entry" in parsed)) {
    throw unreadable(name, "it is not of format version 1", undefined);
  }
  return parsed.entry as T;
}

/** Writes an entry in format version 1. */
export function formatEntry(entry: object): string {
  return JSON.stringify({ v: 1, entry });
}

function unreadable(name: string, why: string, cause: unknown): SpillwayError {
  return new SpillwayError(
    `The stored entry ${name} cannot be understood: ${why}. Nothing was changed; restore it, or remove it to begin anew.`,
    {
      code: "SPILLWAY_FORMAT",
      failureClass: "fatal",
      cause,
    },
  );
}
