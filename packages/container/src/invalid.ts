import { SpillwayError } from "@spillway/spec";

/** An error of class fatal about configuration: what is wrong and what to write instead. */
export function invalid(message: string, cause?: unknown): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal", cause });
}
