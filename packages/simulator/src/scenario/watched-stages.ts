import type { WatchedStage } from "../referee/stage-watch.ts";
import type { PipelineShape, StageShape } from "./scenario.ts";

/** How often the engine lets a message fail as a breaker's probe for each attempt that it uses. */
const probesPerAttempt = 10;

/** The stages of a pipeline as the referee watches them, in their order; the last is a handler that does nothing but be seen. */
export function watchedStages({ stages, expand, retry }: PipelineShape): readonly WatchedStage[] {
  const maxAttempts = retry?.attempts ?? 1;
  const watch = (shape: StageShape, index: number, onChildren: boolean): WatchedStage => ({
    name: `${shape.kind} ${index}`,
    concurrency: shape.kind === "handle" ? shape.concurrency : undefined,
    onChildren,
    maxAttempts: shape.kind === "handle" ? maxAttempts * (shape.breaker ? 1 + probesPerAttempt : 1) : undefined,
  });
  const before = stages.map((shape, index) => watch(shape, index, false));
  const after = expand?.stages.map((shape, index) => watch(shape, before.length + index, true)) ?? [];
  return [...before, ...after, { name: "last", concurrency: undefined, onChildren: expand !== undefined, maxAttempts }];
}
