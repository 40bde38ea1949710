import { SpillwayError } from "@spillway/spec";

/** An option or a call that can never work as it is written. */
export function invalidOptions(message: string): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}

/** What is stored cannot be understood: damaged, or written by a newer version. Nothing was changed. */
export function badFormat(message: string, cause?: unknown): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_FORMAT", failureClass: "fatal", ...(cause === undefined ? {} : { cause }) });
}

/** The directory cannot be used and will not be without somebody's help. */
export function unusable(message: string, cause?: unknown): SpillwayError {
  return new SpillwayError(message, {
    code: "SPILLWAY_STORE_UNAVAILABLE",
    failureClass: "fatal",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A read or write that failed now and may succeed later: a full disk, a lock, a slow device. */
export function unavailable(message: string, cause?: unknown): SpillwayError {
  return new SpillwayError(message, {
    code: "SPILLWAY_STORE_UNAVAILABLE",
    failureClass: "transient",
    ...(cause === undefined ? {} : { cause }),
  });
}
