import type { GateExplanation } from "../gate-explanation.ts";
import { LogIntake } from "./log-intake.ts";
import { QueueIntake } from "./queue-intake.ts";
import type { Run } from "./run-context.ts";

/** Everything that holds the sources of a run at this moment. */
export function gatesOf(run: Run): readonly GateExplanation[] {
  const gates: GateExplanation[] = [];
  if (run.stopping !== undefined) gates.push({ gate: "stopping", says: `the pipeline is stopping: ${run.stopping.message}` });
  gates.push(...run.gates.flatMap((gate) => gate() ?? []));
  if (run.crowding > run.resting)
    gates.push({ gate: "crowded", says: "a later stage or the dead letters have more waiting than they can soon take" });
  for (const { name, state } of run.breakers)
    if (state !== "closed") gates.push({ gate: "breaker", says: `the breaker "${name}" is ${state}` });
  for (const intake of run.intakes) {
    if (!(intake instanceof LogIntake) && !(intake instanceof QueueIntake)) continue;
    const { credits } = intake;
    if (credits.full)
      gates.push({
        gate: "in flight",
        says: `${intake.name}: ${credits.messages} messages and ${credits.bytes} bytes are in flight, which is the bound`,
      });
    if (intake instanceof QueueIntake) {
      if (intake.trouble.gate !== undefined) gates.push(intake.trouble.gate);
      if (intake.suspect !== undefined)
        gates.push({
          gate: "careful",
          says: `${intake.name}: ${intake.suspect.id} was given out again and again without an outcome, so it is run alone`,
        });
      continue;
    }
    for (const { checkpointer, lease, trouble, startsCarefully } of intake.sessions) {
      if (trouble.gate !== undefined) gates.push(trouble.gate);
      if (startsCarefully)
        gates.push({
          gate: "careful",
          says: `${lease.partition}: a process has died over its messages, so the first ones start one at a time`,
        });
      if (checkpointer.lastError !== undefined)
        gates.push({
          gate: "checkpoint",
          says: `${lease.partition}: the checkpoint was refused ${checkpointer.failures} times: ${checkpointer.lastError.message}`,
        });
    }
  }
  return gates;
}
