import { expect } from "vitest";

/** An error of the options whose message has this in it. */
export function refused(message: string | RegExp): unknown {
  return expect.objectContaining({
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
    message: expect.stringMatching(message) as string,
  });
}
