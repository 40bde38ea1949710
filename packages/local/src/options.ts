import { invalidOptions } from "./failures.ts";

// What LMDB's keys leave room for, beside the other parts of a key.
const maxNameBytes = 255;

/** Refuses options that nobody knows: a misspelled option would otherwise do nothing. */
export function requireKnown(call: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw invalidOptions(`${call} takes an object of options, not ${String(options)}.`);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalidOptions(`${call} does not know the option "${name}"; it knows ${known.join(", ")}.`);
  }
}

/** Refuses names that are empty or too long to be part of a key. */
export function requireName(what: string, name: unknown): void {
  if (typeof name !== "string" || name.length === 0) throw invalidOptions(`${what} must be a name of at least one character.`);
  requireShort(what, name, maxNameBytes);
}

/** Refuses a text that takes more than this many bytes of UTF-8. */
export function requireShort(what: string, text: string, maxBytes: number): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) throw invalidOptions(`${what} takes ${bytes} bytes; the store's keys have room for ${maxBytes}.`);
}

/** Refuses anything but a whole number within the bounds. */
export function requireInteger(what: string, value: unknown, min: number, max: number): void {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
    throw invalidOptions(`${what} must be a whole number from ${min} to ${max}, not ${String(value)}.`);
  }
}

/** Refuses anything but one of the values. */
export function requireOneOf(what: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value !== "string" || !allowed.includes(value)) {
    throw invalidOptions(
      `${what} must be one of ${allowed.map((each) => `"${each}"`).join(", ")}, not ${JSON.stringify(value) ?? String(value)}.`,
    );
  }
}
