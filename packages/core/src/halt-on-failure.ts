import { SpillwayError } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { Delivery } from "./delivery.ts";
import type { StageDescription } from "./engine/description.ts";
import { leavesFailures } from "./engine/failure-policy.ts";
import { describePolicy } from "./engine/policy-description.ts";
import { addStage } from "./pipeline.ts";
import { sayError } from "./engine/say-error.ts";

/**
 * Stops the pipeline at the first message that has finally failed: everything else is drained and saved, the message stays unsettled and is delivered
 * again at the next start. For pipelines in which going on without it would be wrong.
 *
 * ```ts
 * retry({ attempts: 10, backoff }), haltOnFailure(), checkpoint()
 * ```
 */
export function haltOnFailure(): <T>(source: Observable<Delivery<T, "open" | "retried">>) => Observable<Delivery<T, "resolved">> {
  const policy = describePolicy({
    kind: "haltOnFailure",
    says: "stops the pipeline at a message that has finally failed; the message stays unsettled",
    failed(delivery, failure, run) {
      const { id } = delivery.message;
      const said = sayError(failure.error);
      run.fail(
        new SpillwayError(
          `message ${id} failed at ${failure.stage.name} after ${failure.attempts} attempts: ${said}; mend the cause and start again, or use deadLetter() to go on without it`,
          { code: "SPILLWAY_HALTED", failureClass: "fatal", cause: failure.error },
        ),
        delivery,
      );
    },
  });
  const stage: StageDescription = { ...policy, failures: { ...leavesFailures, halts: true } };
  return (source) => addStage(source, stage);
}
