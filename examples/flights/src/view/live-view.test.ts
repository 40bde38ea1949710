import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Progress } from "../work/progress.ts";
import { liveView } from "./live-view.ts";
import { terminal } from "./terminal.ts";

const escape = String.fromCharCode(27);

/** A terminal, and what was written to it. */
function fakeTerminal({ isTTY = true, columns = 100 } = {}) {
  let written = "";
  const stream = Object.assign(new PassThrough(), { isTTY, columns, rows: 30 });
  stream.on("data", (chunk: Buffer) => (written += chunk.toString()));
  // As much of a WriteStream as a terminal is asked for.
  const made = terminal(stream as unknown as NodeJS.WriteStream);
  return { made, written: () => written, plain: () => written.replaceAll(new RegExp(`${escape}\\[[0-9;?]*[A-Za-z]`, "g"), "") };
}

const counts = {
  delivered: 5_003,
  succeeded: 4_990,
  filtered: 0,
  deadLettered: 10,
  aborted: 0,
  inFlight: 3,
  retries: 1,
  checkpoints: 4,
  lost: 0,
  gaps: 0,
  listenerErrors: 0,
};
const progress: Progress = { log: "routes", total: 20_000, settled: 5_000, behind: [10_000, 5_000], counts, left: 15_000 };
const colored = new RegExp(`${escape}\\[[0-9;]*m`);

beforeEach(() => {
  vi.stubEnv("NO_COLOR", undefined);
  vi.stubEnv("TERM", "xterm");
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe("the live view", () => {
  it("draws a bar, the lag of each partition, retries and dead letters for each pipeline", () => {
    const { made, plain } = fakeTerminal();
    liveView(made).show([progress]);
    expect(plain()).toContain(`  routes      ${"━".repeat(10)}${"─".repeat(30)}  25 %  5,000 of 20,000  –`);
    expect(plain()).toContain("lag 10,000 · 5,000   1 retry   10 dead letters");
  });

  it("breaks no line in a terminal of 80 columns, however much there is", () => {
    const { made, plain } = fakeTerminal({ columns: 80 });
    const much = { log: "departures", total: 200_000, settled: 100_000, behind: [50_000, 50_000, 50_000, 50_000], left: 100_000 } as const;
    liveView(made).show([{ ...much, counts: { ...counts, retries: 10_000, deadLettered: 100 } }]);
    const lines = plain().trimEnd().split("\n");
    expect(lines).toEqual([
      expect.stringMatching(/ 50 % {2}100,000 of 200,000 {2}–$/),
      "    lag 50,000 · 50,000 · 50,000 · 50,000   10,000 retries   100 dead letters",
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("shows the rate between two looks, stopping once it was told so, and done at the end", () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(0);
    const { made, plain } = fakeTerminal();
    const view = liveView(made);
    view.show([progress]);
    now.mockReturnValue(500);
    view.show([{ ...progress, settled: 6_000 }]);
    expect(plain()).toContain("6,000 of 20,000  2,000/s");
    view.note("Stopping.");
    expect(plain()).toContain("6,000 of 20,000  stopping");
    expect(plain()).toContain("\n\n  Stopping.");
    view.show([{ ...progress, settled: 20_000 }]);
    view.end();
    expect(plain()).toContain("20,000 of 20,000  done");
  });

  it("draws over what it has drawn before", () => {
    const { made, written } = fakeTerminal();
    const view = liveView(made);
    view.show([progress]);
    expect(written()).not.toContain(`${escape}[2K`);
    view.show([{ ...progress, settled: 6_000 }]);
    expect(written()).toMatch(new RegExp(`${escape}\\[[0-9]*[AFK]`));
  });

  it("has colours on a terminal, and none where NO_COLOR is set", () => {
    const first = fakeTerminal();
    liveView(first.made).show([progress]);
    expect(first.written()).toMatch(colored);
    vi.stubEnv("NO_COLOR", "1");
    const second = fakeTerminal();
    liveView(second.made).show([progress]);
    expect(second.written()).not.toMatch(colored);
    expect(second.plain()).toContain("━");
  });
});

describe("the terminal", () => {
  it("is no place to draw when it is a pipe, or a dumb one", () => {
    expect(fakeTerminal({ isTTY: false }).made.interactive).toBe(false);
    expect(fakeTerminal().made.interactive).toBe(true);
    vi.stubEnv("TERM", "dumb");
    expect(fakeTerminal().made.interactive).toBe(false);
  });
});
