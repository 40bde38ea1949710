import picocolors from "picocolors";
import { describe, expect, it } from "vitest";
import type { Progress } from "../work/progress.ts";
import { plainView } from "./plain-view.ts";

const progress: Progress = { log: "routes", total: 20_000, settled: 5_000, behind: [10_000, 5_000], counts: undefined, left: 15_000 };

describe("plainView", () => {
  it("prints a line for each pipeline at first, when there is a note, and at the end, without any control characters", () => {
    const printed: string[] = [];
    const colors = picocolors.createColors(false);
    const view = plainView({ interactive: false, colors, stream: process.stdout, print: (text = "") => printed.push(text) });
    view.show([progress]);
    view.show([{ ...progress, settled: 6_000 }]);
    view.note("Stopping.");
    view.show([{ ...progress, settled: 20_000, behind: [0, 0] }]);
    view.end();
    expect(printed).toEqual([
      "  routes       25 %  5,000 of 20,000, –, lag 10,000 · 5,000, 0 retries, 0 dead letters",
      "  Stopping.",
      "  routes      100 %  20,000 of 20,000, done, lag 0 · 0, 0 retries, 0 dead letters",
    ]);
  });
});
