import { describe, expect, it } from "vitest";
import type { Worked } from "../work/work-off.ts";
import { audit } from "./audit.ts";
import type { Facts, PipelineFacts } from "./facts.ts";

function worked(changes: Partial<Worked["report"]> = {}, left = 0): Worked {
  const counts = {
    delivered: 100,
    succeeded: 80,
    filtered: 15,
    deadLettered: 5,
    aborted: 0,
    inFlight: 0,
    retries: 3,
    checkpoints: 1,
    lost: 0,
    gaps: 0,
    listenerErrors: 0,
  };
  const report = { ...counts, elapsedMs: 1, stoppedBecause: "done", ...changes } as Worked["report"];
  return { log: "routes", report, progress: { log: "routes", total: 100, settled: 100 - left, behind: [left], counts: report, left } };
}

function facts(changes: Partial<PipelineFacts> = {}): Facts {
  const pipeline = {
    log: "routes" as const,
    appended: 100,
    counted: 95,
    deadLettered: 5,
    perhapsCounted: 0,
    deliveredAgain: 0,
    ...changes,
  };
  return { pipelines: [pipeline], deadLetters: [], repeatedDeadLetters: 0 };
}

describe("audit", () => {
  it("finds nothing when the books balance", () => {
    expect(audit([worked()], facts())).toEqual([]);
    expect(audit([worked({}, 10)], facts({ counted: 85 }))).toEqual([]);
  });

  it("finds a message that was delivered and has no outcome", () => {
    expect(audit([worked({ succeeded: 79 })], facts())).toEqual(["routes: 100 messages were delivered, but 99 have an outcome."]);
  });

  it("finds a message that is settled and was neither counted nor dead-lettered", () => {
    expect(audit([worked()], facts({ counted: 94 }))).toEqual(["routes: all messages are settled, but 1 of them have left no trace."]);
  });

  it("finds a message that is neither settled nor left", () => {
    expect(audit([worked({}, 10)], facts({ counted: 84 }))).toEqual([
      "routes: 1 messages have left no trace, and are not among those that are left.",
    ]);
    expect(audit([worked({}, 10)], facts({ counted: 90 }))).toEqual([]);
  });

  it("finds a message that was counted twice", () => {
    expect(audit([worked()], facts({ counted: 96 }))).toEqual(["routes: 1 messages more have left a trace than were appended."]);
  });

  it("minds no message that failed after it had been counted", () => {
    expect(audit([worked()], facts({ counted: 97, perhapsCounted: 2 }))).toEqual([]);
  });
});
