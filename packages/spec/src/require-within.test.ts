import { expect, test } from "vitest";
import { requireWithin } from "./require-within.ts";

test.each([1, 60_000])("%d is within the range", (value) => {
  expect(() => requireWithin("idleMs", value, 1, 60_000)).not.toThrow();
});

test.each([0, 60_001, Number.NaN])("%d is refused with the range that would do", (value) => {
  expect(() => requireWithin("idleMs", value, 1, 60_000)).toThrow(
    expect.objectContaining({
      message: `idleMs is ${value}; give a number from 1 to 60000.`,
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
    }),
  );
});
