import { describe, expect, it } from "vitest";
import { expectConvergence, expectSafety } from "./testing/cluster-properties.ts";

describe("workers that share partitions", () => {
  it("converge within three lease durations of any change, each within one of the others, and then stay quiet", async () => {
    await expect(expectConvergence(12)).resolves.toBeUndefined();
  });

  it("never believe in the same lease at the same time, and never read a child before its parents, whatever the store does", async () => {
    await expect(expectSafety(12)).resolves.toBeUndefined();
  });
});
