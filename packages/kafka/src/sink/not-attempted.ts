import { SpillwayError, type ItemResult } from "@spillway/spec";

/** The result of a message behind one of its key that failed. */
export function notAttempted(key: string): ItemResult {
  return {
    ok: false,
    error: new SpillwayError(
      `An earlier message of key ${JSON.stringify(key.slice(0, 100))} failed in the same write, so this one was not tried.`,
      {
        code: "SPILLWAY_NOT_ATTEMPTED",
      },
    ),
  };
}
