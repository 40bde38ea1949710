import type { Observable } from "rxjs";
import type { NamedStage } from "./engine/description.ts";
import { allPolicies, type FailurePolicy } from "./engine/failure-policy.ts";
import type { Root } from "./engine/root.ts";
import { pipelineBelow } from "./pipeline.ts";

/** Stages of ours in a row, or operators of the user's between two of them. */
export type Segment =
  | { readonly kind: "stages"; readonly stages: readonly NamedStage[] }
  | { readonly kind: "operators"; readonly count: number };

/** The shape of a whole pipeline, from its source to its end, as far as it can be seen. */
export interface Shape {
  /** Undefined when an operator of the user's hides it. */
  readonly root: Root | undefined;
  readonly segments: readonly Segment[];
}

/** Looks up a pipeline from its end to its source. */
export function shapeOf(end: Observable<unknown>): Shape {
  const segments: Segment[] = [];
  let root: Root | undefined;
  for (let at: Observable<unknown> | undefined = end; at !== undefined; ) {
    const { pipeline, operators } = pipelineBelow(at);
    if (operators > 0) segments.unshift({ kind: "operators", count: operators });
    if (pipeline !== undefined) segments.unshift({ kind: "stages", stages: pipeline.stages });
    root = pipeline?.upstream.from === "source" ? pipeline.upstream.root : undefined;
    at = pipeline?.upstream.from === "observable" ? pipeline.upstream.observable : undefined;
  }
  return { root, segments };
}

/** What all stages of a pipeline together do about failed messages. */
export function policyOf({ segments }: Shape): FailurePolicy {
  return allPolicies(
    segments.flatMap((segment) => (segment.kind === "stages" ? segment.stages.map(({ description }) => description.failures) : [])),
  );
}
