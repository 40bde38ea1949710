import type { Disposition } from "@spillway/spec";
import type { Breaker } from "../breaker.ts";
import type { GateRole, StageDescription } from "./description.ts";
import { leavesFailures } from "./failure-policy.ts";
import { StageAdmission } from "./stage-admission.ts";
import { WorkStage, type Work } from "./work-stage.ts";

/** What a stage that runs a function is described by. */
export interface WorkDescription {
  readonly kind: string;
  readonly name: string | undefined;
  readonly says: string;
  readonly work: Work;
  /** How many may run at once; undefined for stages whose work is done at once. */
  readonly concurrency: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly breaker?: Breaker | undefined;
  readonly disposition: Disposition | undefined;
}

/** Describes a stage that runs a function for each delivery. */
export function describeWork(options: WorkDescription): StageDescription {
  const { kind, name, says, work, concurrency, timeoutMs, breaker, disposition } = options;
  const role: GateRole = concurrency === undefined ? { is: "inside" } : { is: "exit", concurrency };
  return {
    kind,
    name,
    says,
    promise: undefined,
    failures: leavesFailures,
    role,
    build: ({ run, next, name: stageName, gate }) =>
      new WorkStage({
        name: stageName,
        work,
        place:
          gate === undefined
            ? { at: "own", admission: new StageAdmission(run, concurrency ?? Number.POSITIVE_INFINITY) }
            : { at: "gate", gate, exit: concurrency !== undefined },
        next,
        run,
        timeoutMs,
        breaker,
        disposition,
      }),
  };
}
