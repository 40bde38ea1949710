import { expect, test } from "vitest";
import { hunt } from "./testing/hunt.ts";

test("G1 to G13 and liveness: five hundred seeds break no promise", async () => {
  expect(await hunt(500)).toBeUndefined();
});
