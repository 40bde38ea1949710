import type { Attempting, Checkpoint, Position, StartPosition } from "@spillway/spec";

/** Takes a checkpoint out of parsed JSON; undefined when it is none. */
export function parseCheckpoint(value: unknown): Checkpoint | undefined {
  if (!isObject(value)) return undefined;
  if (value["state"] === "finished") return { state: "finished" };
  const { from, done, attempting, notes } = value;
  const readable =
    value["state"] === "reading" &&
    isStartPosition(from) &&
    Array.isArray(done) &&
    done.every((position) => typeof position === "string") &&
    (attempting === undefined || isAttempting(attempting)) &&
    (notes === undefined || isTexts(notes));
  if (!readable) return undefined;
  const checkpoint = { state: "reading", from, done: done as readonly unknown[] as readonly Position[], attempting } as const;
  return notes === undefined ? checkpoint : { ...checkpoint, notes };
}

/** Whether parsed JSON is a start position. */
export function isStartPosition(value: unknown): value is StartPosition {
  if (!isObject(value)) return false;
  switch (value["at"]) {
    case "earliest":
    case "latest":
      return true;
    case "timestamp":
      return typeof value["timestampMs"] === "number";
    case "after":
      return typeof value["position"] === "string";
    default:
      return false;
  }
}

function isAttempting(value: unknown): value is Attempting {
  return isObject(value) && typeof value["position"] === "string" && typeof value["crashes"] === "number";
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
