import type { Payload, Sink } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { DeadLetterBudget } from "./dead-letter-budget.ts";
import type { Delivery } from "./delivery.ts";
import { DeadLetterStage } from "./engine/dead-letter-stage.ts";
import type { StageDescription } from "./engine/description.ts";
import { requireKnown } from "./engine/require.ts";
import { addStage } from "./pipeline.ts";

/** How messages are dead-lettered. */
export interface DeadLetterOptions {
  /** Stops the pipeline, or rests the source, when dead letters become too many. Default: no bound. */
  readonly budget?: DeadLetterBudget;
}

/**
 * Moves a message that has finally failed to a sink, with its original key, payload and headers, and one header that says why (spillway-dead-letter,
 * version 1). The message passes, and so is settled, when the sink has confirmed it.
 *
 * Emits a failed delivery when its dead letter is confirmed, all others at once · Holds back a message whose dead letter is refused: it keeps its lane,
 * the write is repeated with backoff; with 256 of them, the source is held until the sink takes them.
 *
 * ```ts
 * deadLetter(localSink({ store, log: "orders-dead" }))
 * ```
 *
 * What can bite: a failure of class fatal is never dead-lettered; it stops the pipeline.
 */
export function deadLetter(
  sink: Sink<Payload>,
  options: DeadLetterOptions = {},
): <T>(source: Observable<Delivery<T, "open" | "retried">>) => Observable<Delivery<T, "resolved">> {
  requireKnown("deadLetter", options, ["budget"]);
  const { budget } = options;
  const stage: StageDescription = {
    kind: "deadLetter",
    name: undefined,
    says: `moves messages that have finally failed to "${sink.name}"${budget === undefined ? "" : `; ${budget.says}`}`,
    role: { is: "inside" },
    build: ({ run, next }) => new DeadLetterStage(run, sink, budget, next),
  };
  return (source) => addStage(source, stage);
}
