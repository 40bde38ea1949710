import type { WatchedStage } from "../referee/stage-watch.ts";
import type { PipelineShape, StageShape } from "./scenario.ts";

/** The stages of a pipeline as the referee watches them, in their order; the last is a handler that does nothing but be seen. */
export function watchedStages({ stages, expand }: PipelineShape): readonly WatchedStage[] {
  const watch = ({ kind, concurrency, breaker }: StageShape, index: number, onChildren: boolean): WatchedStage => ({
    name: `${kind} ${index}`,
    kind,
    concurrency,
    breaker,
    onChildren,
  });
  const before = stages.map((shape, index) => watch(shape, index, false));
  const after = expand?.stages.map((shape, index) => watch(shape, before.length + index, true)) ?? [];
  return [...before, ...after, { name: "last", kind: "handle", concurrency: undefined, breaker: false, onChildren: expand !== undefined }];
}
