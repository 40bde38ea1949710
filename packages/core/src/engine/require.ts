import { SpillwayError } from "@spillway/spec";

/** Refuses an option that cannot work; the message says what it may be. */
export function refuse(message: string): never {
  throw new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}

/** A whole number of at least `least`. */
export function requireCount(name: string, value: number, least = 1): number {
  if (!Number.isSafeInteger(value) || value < least) refuse(`${name} must be a whole number of at least ${least}, but is ${String(value)}`);
  return value;
}

/** The longest time that a timer can wait: beyond it, Node runs timers at once. */
export const maxTimerMs = 2_147_483_647;

/** A duration in milliseconds above 0 that a timer can wait for; Infinity where `endless` allows it. */
export function requireDuration(name: string, value: number, endless = false): number {
  const fits = typeof value === "number" && value > 0 && (value <= maxTimerMs || (endless && value === Number.POSITIVE_INFINITY));
  if (!fits)
    refuse(
      `${name} must be a number of milliseconds above 0 and at most ${maxTimerMs}${endless ? " (Infinity: no limit)" : ""}, but is ${String(value)}`,
    );
  return value;
}

/** An age in milliseconds above 0: compared with, never waited for, so that it may be of any size. */
export function requireAge(name: string, value: number): number {
  if (!(value > 0)) refuse(`${name} must be a number of milliseconds above 0, but is ${String(value)}`);
  return value;
}

/** Refuses options that nobody reads, so that a misspelt one is noticed. */
export function requireKnown(owner: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) refuse(`${owner} has no option "${name}"; it has ${known.join(", ")}`);
  }
}
