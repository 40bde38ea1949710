import { SpillwayError } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { Delivery, Settled } from "./delivery.ts";
import { acceptorOf } from "./engine/acceptor-of.ts";
import type { StageDescription } from "./engine/description.ts";
import { leavesFailures } from "./engine/failure-policy.ts";
import { requireCount, requireDuration, requireKnown } from "./engine/require.ts";
import { addStage } from "./pipeline.ts";

/** How often settled work is saved, and so how much a crash delivers again. */
export interface CheckpointOptions {
  /** Save when this many messages of a partition were settled since the last save. Default 1,000. */
  readonly everyMessages?: number;
  /** Save what was settled at least this often. Default 5,000. */
  readonly everyMs?: number;
}

/**
 * Ends a pipeline: settles each delivery with its outcome. On a log the checkpoint follows, never beyond an unsettled message; on a queue the message is
 * deleted, and counts as settled when the queue has confirmed that.
 *
 * Emits each delivery that has come to its end, once · Holds back nothing, but a store that does not save holds the source after 10 × everyMessages.
 *
 * ```ts
 * checkpoint({ everyMessages: 1_000, everyMs: 5_000 })
 * ```
 */
export function checkpoint(options: CheckpointOptions = {}): <T>(source: Observable<Delivery<T, "resolved">>) => Observable<Settled> {
  requireKnown("checkpoint", options, ["everyMessages", "everyMs"]);
  const everyMessages = requireCount("everyMessages", options.everyMessages ?? 1_000);
  const everyMs = requireDuration("everyMs", options.everyMs ?? 5_000);
  const stage: StageDescription = {
    kind: "checkpoint",
    name: undefined,
    says: `settles each message; saves after ${everyMessages} messages of a partition or ${everyMs} ms`,
    promise: undefined,
    failures: leavesFailures,
    role: { is: "inside" },
    build({ run, next }) {
      run.checkpointPolicy = { everyMessages, everyMs };
      return acceptorOf((delivery) => {
        const { mark } = delivery;
        if (mark === undefined) delivery.feed.conclude(delivery, "succeeded");
        else if (mark.kind !== "failed") delivery.feed.conclude(delivery, mark.kind);
        else {
          run.fail(strayFailure(), delivery);
          return;
        }
        next.accept(delivery);
      });
    },
  };
  return (source) => addStage(source, stage);
}

function strayFailure(): SpillwayError {
  return new SpillwayError("a failed delivery has come to the checkpoint: it was sent past deadLetter or haltOnFailure", {
    code: "SPILLWAY_INTERNAL",
    failureClass: "fatal",
  });
}
