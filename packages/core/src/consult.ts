import type { CallOptions } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { Settled } from "./delivery.ts";
import { adviceOf } from "./engine/advice.ts";
import { requireKnown } from "./engine/require.ts";
import { explain, type Explanation } from "./explain.ts";
import { policyOf, shapeOf } from "./shape.ts";

/**
 * What explain() says, with what the queues' own settings will do to the pipeline asked for now: before a run explain() alone cannot know it. A queue that
 * does not answer is no error: the advice says why it is not known. Rejects when the signal aborts.
 *
 * ```ts
 * console.log(sayExplanation(await consult(charges, { signal: AbortSignal.timeout(10_000) })));
 * ```
 */
export async function consult(pipeline: Observable<Settled>, options: CallOptions): Promise<Explanation> {
  requireKnown("consult", options, ["signal"]);
  const { signal } = options;
  const shape = shapeOf(pipeline);
  const inputs = shape.root?.inputs ?? [];
  const policy = policyOf(shape);
  const advice = await Promise.all(
    inputs.flatMap(({ source, crashLimit }) => (source.kind === "queue" ? [adviceOf(source, crashLimit, policy, signal)] : [])),
  );
  return { ...explain(pipeline), advice: advice.flat() };
}
