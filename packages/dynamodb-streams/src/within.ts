import { SpillwayError } from "@spillway/spec";

/** Refuses an option that is out of its range. */
export function within(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new SpillwayError(`${name} is ${value}; give a number from ${least} to ${most}.`, {
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
  });
}
