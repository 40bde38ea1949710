import { refuse } from "./engine/require.ts";
import { describeWork } from "./engine/work-description.ts";
import { addStage } from "./pipeline.ts";
import type { Stage } from "./stage.ts";

/**
 * Turns messages away for a reason that is named: they are settled with outcome "filtered", and no later stage works on them.
 *
 * Emits the deliveries whose value is kept, in order · A throw marks the delivery failed.
 *
 * ```ts
 * filter((order) => order.total > 0, "empty order")
 * ```
 *
 * What can bite: the test must answer at once; one that returns a promise stops the pipeline, because a promise would always count as true.
 */
export function filter<A, B extends A>(keep: (value: A) => value is B, reason: string): Stage<A, B>;
/** The same with a test that says nothing about the type. */
export function filter<A>(keep: (value: A) => boolean, reason: string): Stage<A, A>;
export function filter<A>(keep: (value: A) => boolean, reason: string): Stage<A, A> {
  if (typeof reason !== "string" || reason === "")
    refuse('filter needs a reason, as in filter(keep, "empty order"): it says where a message went');
  const filtered = { kind: "filtered", reason } as const;
  const stage = describeWork({
    kind: "filter",
    name: undefined,
    says: `turns messages away as "${reason}"`,
    work(value, delivery) {
      const kept = keep(value as A);
      if (typeof kept !== "boolean") refuse(`filter "${reason}" must return true or false, but returned ${String(kept)}`);
      if (!kept) delivery.mark = filtered;
      return value;
    },
    concurrency: undefined,
    timeoutMs: undefined,
    disposition: undefined,
  });
  return (source) => addStage(source, stage);
}
