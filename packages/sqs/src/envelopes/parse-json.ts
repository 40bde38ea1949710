import { SpillwayError } from "@spillway/spec";

/** A payload as the queue carried it, its text, or its parsed JSON. */
export type JsonInput = Uint8Array | string | object | null;

/** A JSON object with unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object that the input is or holds. Throws SPILLWAY_TOMBSTONE for null, SPILLWAY_DECODE_FAILED for what is no JSON object. */
export function parseJsonObject(input: JsonInput, what: string): JsonObject {
  if (input === null) {
    throw new SpillwayError(`A message has no payload where ${what} was expected.`, {
      code: "SPILLWAY_TOMBSTONE",
      failureClass: "permanent",
    });
  }
  const value = typeof input === "string" || input instanceof Uint8Array ? parse(input, what) : input;
  if (isJsonObject(value)) return value;
  throw notWhat(what, "it is no JSON object");
}

/** Whether this is a JSON object, and neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member that must be text. */
export function textOf(object: JsonObject, member: string, what: string): string {
  const value = object[member];
  if (typeof value === "string") return value;
  throw notWhat(what, `"${member}" is not text`);
}

/** A member that is text or left out. */
export function optionalTextOf(object: JsonObject, member: string): string | undefined {
  const value = object[member];
  return typeof value === "string" ? value : undefined;
}

/** The error for a payload that is not what its reader expects. */
export function notWhat(what: string, reason: string, cause?: unknown): SpillwayError {
  return new SpillwayError(`The payload is not ${what}: ${reason}. Look at the message, and at who else may write to this queue.`, {
    code: "SPILLWAY_DECODE_FAILED",
    failureClass: "permanent",
    cause,
  });
}

function parse(input: string | Uint8Array, what: string): unknown {
  try {
    return JSON.parse(typeof input === "string" ? input : new TextDecoder("utf-8", { fatal: true }).decode(input));
  } catch (error) {
    throw notWhat(what, `it is not JSON (${String(error)})`, error);
  }
}
