import { SpillwayError } from "./errors.ts";

/** Throws SPILLWAY_INVALID_OPTIONS for an option that is out of its range. */
export function requireWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new SpillwayError(`${name} is ${value}; give a number from ${least} to ${most}.`, {
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
  });
}
