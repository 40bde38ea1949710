import type { Payload, Sink } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { DeadLetterBudget } from "./dead-letter-budget.ts";
import type { Delivery } from "./delivery.ts";
import { crowded, DeadLetterStage } from "./engine/dead-letter-stage.ts";
import type { StageDescription } from "./engine/description.ts";
import { leavesFailures } from "./engine/failure-policy.ts";
import { refuse, requireKnown } from "./engine/require.ts";
import { sayWrites } from "./engine/say-writes.ts";
import { addStage } from "./pipeline.ts";

/** How messages are dead-lettered. */
export interface DeadLetterOptions {
  /**
   * Stops the pipeline, or rests the source, when dead letters become too many. Several, each with dispositions of its own, bound each kind by itself.
   * Default: no bound.
   */
  readonly budget?: DeadLetterBudget | readonly DeadLetterBudget[];
  /**
   * What becomes of the later messages of a dead letter's key, with ordering "key". "skip-one": they go on without it. "dead-letter-until-cleared": they
   * follow it into the dead letters, in their order and without being worked on, so that a redrive of all of them restores the order; until clearKeys(). A
   * message that fails while an earlier one of its key is still at work waits for that, whatever comes of it, and is then written.
   * The keys are kept with the checkpoint, as many of a partition as its store keeps (1,000 in memory and in a file, 32 in DynamoDB): with one more the pipeline
   * stops. Refused at the start where the store keeps none (a Kafka group), on a queue, and with another ordering. Default "skip-one".
   */
  readonly keys?: "skip-one" | "dead-letter-until-cleared";
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
  requireKnown("deadLetter", options, ["budget", "keys"]);
  const { budget = [], keys = "skip-one" } = options;
  const budgets = [budget].flat();
  if (keys !== "skip-one" && keys !== "dead-letter-until-cleared")
    refuse(`keys must be "skip-one" or "dead-letter-until-cleared", but is ${JSON.stringify(keys)}`);
  const stage: StageDescription = {
    kind: "deadLetter",
    name: undefined,
    says: `moves messages that have finally failed to "${sink.name}"${budgets.map(({ says }) => `; ${says}`).join("")}`,
    promise: `${sayWrites(sink)}; a message whose dead letter is refused stays unsettled and keeps its lane while the write is repeated, and with more than ${crowded} of them no further message is let in.`,
    failures: { ...leavesFailures, halts: budgets.some(({ beyond }) => beyond === "halt") },
    role: { is: "inside" },
    build: ({ run, next }) => new DeadLetterStage({ run, sink, budgets, blocksKeys: keys === "dead-letter-until-cleared", next }),
  };
  return (source) => addStage(source, stage);
}
