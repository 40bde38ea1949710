import type { RunResult } from "./run-result.ts";

/** Adds up what many runs have met with. */
export interface Tally {
  add(result: RunResult): void;
  readonly seeds: number;
  readonly failed: number;
  readonly messages: number;
  readonly virtualMs: number;
  readonly crashes: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly states: ReadonlyMap<string, number>;
  /** Since the tally was made. */
  seedsPerSecond(): number;
}

/** An empty tally, by a clock that tells real time in milliseconds. */
export function tally(nowMs: () => number): Tally {
  const startedMs = nowMs();
  const faults = new Map<string, number>();
  const states = new Map<string, number>();
  const counts = { seeds: 0, failed: 0, messages: 0, virtualMs: 0, crashes: 0 };
  return {
    add({ violations, facts }) {
      counts.seeds++;
      if (violations.length > 0) counts.failed++;
      counts.messages += facts.messages;
      counts.virtualMs += facts.virtualMs;
      counts.crashes += facts.crashes;
      for (const [name, count] of facts.faults) faults.set(name, (faults.get(name) ?? 0) + count);
      for (const [name, count] of facts.states) states.set(name, (states.get(name) ?? 0) + count);
    },
    get seeds() {
      return counts.seeds;
    },
    get failed() {
      return counts.failed;
    },
    get messages() {
      return counts.messages;
    },
    get virtualMs() {
      return counts.virtualMs;
    },
    get crashes() {
      return counts.crashes;
    },
    faults,
    states,
    seedsPerSecond: () => counts.seeds / ((nowMs() - startedMs) / 1_000),
  };
}

/** The tally as a report for people. */
export function sayTally(counts: Tally): string {
  const hours = (counts.virtualMs / 3_600_000).toFixed(1);
  return [
    "",
    `${counts.seeds} seeds, ${counts.seedsPerSecond().toFixed(1)} a second; ${counts.messages} messages, ${hours} hours of virtual time, ${counts.crashes} crashes; ${counts.failed} failed`,
    "",
    "Faults that struck:",
    ...rows(counts.faults),
    "",
    "States that the engine reached:",
    ...rows(counts.states),
    "",
  ].join("\n");
}

function rows(counts: ReadonlyMap<string, number>): readonly string[] {
  return [...counts]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, count]) => `  ${name.padEnd(32)} ${String(count).padStart(10)}`);
}
