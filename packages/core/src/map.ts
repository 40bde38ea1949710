import { describeWork } from "./engine/work-description.ts";
import { addStage } from "./pipeline.ts";
import type { Stage } from "./stage.ts";

/**
 * Changes the value, at once.
 *
 * Emits for each delivery, in order · A throw marks the delivery failed.
 *
 * ```ts
 * map((order) => ({ ...order, total: order.price * order.count }))
 * ```
 *
 * What can bite: a promise that it returns is waited for, but without concurrency or time-out of its own: use handle() for work that waits.
 */
export function map<A, B>(change: (value: A) => B): Stage<A, B> {
  const stage = describeWork({
    kind: "map",
    name: undefined,
    says: "changes the value",
    work: (value) => change(value as A),
    concurrency: undefined,
    timeoutMs: undefined,
    disposition: undefined,
  });
  return (source) => addStage(source, stage);
}
