import type { NamedStage } from "./description.ts";
import { allPolicies } from "./failure-policy.ts";
import { Gate } from "./gate.ts";
import { gateExit } from "./gate-exit.ts";
import type { Run } from "./run-context.ts";
import type { Acceptor } from "./stage.ts";
import type { Turns } from "./turns.ts";

/** What a chain is built from. */
export interface ChainOptions {
  readonly stages: readonly NamedStage[];
  readonly run: Run;
  /** What follows the last stage. */
  readonly end: Acceptor;
  /** Whether operators of the user's and then more stages follow. */
  readonly leadsOn: boolean;
  /** How many deliveries the gate may let in where no handler bounds them; undefined for a segment that no source feeds. */
  readonly window: number | undefined;
  /** Whose turn it is at the gate; undefined for a segment that no source feeds. */
  readonly turns: Turns | undefined;
}

/** A running chain and the gate before it. */
export interface Chain {
  readonly entry: Acceptor;
  readonly gate: Gate;
}

/**
 * Builds the stages of a segment, last first, each with the next one in its hand. In a segment that a source feeds, the gate keeps the lanes of the
 * stages up to the first that works on its own terms: a handler, whose concurrency then is the gate's, or a stage that collects.
 */
export function buildChain({ stages, run, end, leadsOn, window, turns }: ChainOptions): Chain {
  const exit = stages.findIndex(({ description }) => description.role.is !== "inside");
  const role = stages[exit]?.description.role;
  const gate = new Gate(run, role?.is === "exit" ? role.concurrency : (window ?? 0), turns);
  run.failures = allPolicies([run.failures, ...stages.map(({ description }) => description.failures)]);
  let next = exit < 0 && leadsOn ? gateExit(gate, end) : end;
  for (let index = stages.length - 1; index >= 0; index--) {
    const { description: stage, name } = stages[index] as NamedStage;
    const watched = window !== undefined && (exit < 0 || index < exit || (index === exit && stage.role.is === "exit"));
    next = stage.build({ run, next, name, gate: watched ? gate : undefined });
    if (window !== undefined && index === exit && stage.role.is === "beyond") next = gateExit(gate, next);
  }
  return { entry: next, gate };
}
