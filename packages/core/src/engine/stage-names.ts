import type { Observable } from "rxjs";
import { Pipeline } from "../pipeline.ts";
import type { StageDescription } from "./description.ts";
import type { Root } from "./root.ts";

/** One segment of ours, or operators of the user's between two of them. */
export type Segment =
  | { readonly kind: "stages"; readonly stages: readonly StageDescription[]; readonly names: readonly string[] }
  | { readonly kind: "operators"; readonly count: number };

/** The shape of a whole pipeline, from its source to its end, as far as it can be seen. */
export interface Shape {
  /** Undefined when an operator of the user's hides it. */
  readonly root: Root | undefined;
  readonly segments: readonly Segment[];
}

/** Looks up the pipeline from its end to its source. Stages are named by their kind, or by the kind and a number. */
export function shapeOf(end: Observable<unknown>): Shape {
  const found: (readonly StageDescription[] | number)[] = [];
  let root: Root | undefined;
  let operators = 0;
  let at: Observable<unknown> | undefined = end;
  while (at !== undefined) {
    if (!(at instanceof Pipeline)) {
      operators++;
      at = at.source;
      continue;
    }
    if (operators > 0) found.unshift(operators);
    operators = 0;
    const { upstream, stages }: Pipeline<unknown> = at;
    found.unshift(stages);
    root = upstream.from === "source" ? upstream.root : undefined;
    at = upstream.from === "source" ? undefined : upstream.observable;
  }
  if (operators > 0) found.unshift(operators);
  const taken = new Map<string, number>();
  const segments = found.map((part): Segment => (typeof part === "number" ? { kind: "operators", count: part } : nameStages(part, taken)));
  return { root, segments };
}

/** The names of the stages of a pipeline's last segment. */
export function stageNames(pipeline: Pipeline<unknown>): readonly string[] {
  const last = shapeOf(pipeline).segments.at(-1);
  return last?.kind === "stages" ? last.names : [];
}

function nameStages(stages: readonly StageDescription[], taken: Map<string, number>): Segment {
  const names = stages.map(({ kind, name = kind }) => {
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  });
  return { kind: "stages", stages, names };
}
