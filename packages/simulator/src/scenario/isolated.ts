import type { Random } from "../time/random.ts";
import type { Scenario, StageShape } from "./scenario.ts";

/**
 * The scenario as it is, or, now and then, with messages that go on failing, with waits that grow long, until the rest has ended without them.
 *
 * Nothing else fails for ever in these: what is poison would be tried as often. No stage has a breaker: a failing message may keep it open, and an open one holds
 * everything. Checkpoints keep all that is done: where they do not, a partition waits for the message that fails when another has been dead-lettered for its
 * deaths. And no message kills the process where a queue counts what was given back like deaths.
 */
export function isolated(scenario: Scenario, dice: Random): Scenario {
  const { load, pipeline, source, workers, disasters, calmMs } = scenario;
  if (!dice.chance(0.15)) return scenario;
  const { retry, stages, expand } = pipeline;
  const giveBackAfterMs = retry?.giveBackAfterMs;
  return {
    ...scenario,
    source: source.kind === "log" ? { ...source, maxDone: 1_000 } : source,
    maxInFlight: dice.pick([20, 100, 1_000]),
    load: {
      ...load,
      stubborn: dice.between(1, 3),
      trouble: { ...load.trouble, poison: 0, clumsy: 0, killing: giveBackAfterMs === undefined ? load.trouble.killing : 0 },
    },
    // A failing message must not hold the others up where a process has died over them either.
    disasters: dice.chance(0.5)
      ? [...disasters, { kind: "crash", atMs: dice.between(calmMs / 2, calmMs - 1_000), worker: dice.below(workers.length) }]
      : disasters,
    pipeline: {
      ...pipeline,
      stages: stages.map(withoutBreaker),
      expand: expand === undefined ? undefined : { ...expand, stages: expand.stages.map(withoutBreaker) },
      retry: {
        attempts: 1_000,
        firstMs: dice.pick([20, 200]),
        maxMs: 30_000,
        budget: retry?.budget === true,
        giveBackAfterMs,
        maxAgeMs: undefined,
      },
    },
  };
}

function withoutBreaker(stage: StageShape): StageShape {
  return { ...stage, breaker: false };
}
