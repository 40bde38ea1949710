import type { Violation } from "./referee/findings.ts";
import { epochMs } from "./time/virtual-time.ts";
import type { World } from "./world.ts";

/** What became of one run. */
export interface RunResult {
  /** Empty when every promise was kept. */
  readonly violations: readonly Violation[];
  /** Equal for runs in which the same happened at the same times. */
  readonly hash: string;
  /** What happened, in order; empty unless it was asked for. */
  readonly history: readonly string[];
  readonly facts: RunFacts;
}

/** What a run has met with. */
export interface RunFacts {
  readonly messages: number;
  /** How long it took, in milliseconds of virtual time. */
  readonly virtualMs: number;
  readonly timers: number;
  readonly crashes: number;
  /** How often each fault has struck. */
  readonly faults: ReadonlyMap<string, number>;
  /** How often the engine told of each kind of event, held the source, or dead-lettered for each reason. */
  readonly states: ReadonlyMap<string, number>;
}

/** The result of a run that has ended. */
export function resultOf({ referee, findings, history, time, crashes, faults, events }: World): RunResult {
  const states = new Map(events);
  for (const [disposition, count] of referee.letters.dispositions) states.set(`dead letter: ${disposition}`, count);
  return {
    violations: findings.violations,
    hash: history.hash,
    history: history.lines,
    facts: {
      messages: referee.register.messages.length,
      virtualMs: time.nowMs - epochMs,
      timers: time.ran,
      crashes,
      faults: faults.struck,
      states,
    },
  };
}
