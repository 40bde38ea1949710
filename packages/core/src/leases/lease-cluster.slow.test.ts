import { describe, it } from "vitest";
import { expectConvergence, expectSafety } from "./testing/cluster-properties.ts";

describe("workers that share partitions, in many more histories", () => {
  it("converge within three lease durations of any change, each within one of the others, and then stay quiet", () =>
    expectConvergence(400));

  it("never believe in the same lease at the same time, and never read a child before its parents, whatever the store does", () =>
    expectSafety(400));
});
