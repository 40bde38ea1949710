import { SpillwayError } from "@spillway/spec";
import type { Settled } from "@spillway/core";
import type { Observable } from "rxjs";
import { sayLast } from "./say-last.ts";
import { runUserPipeline, type SimulateOptions, type SimulatedWorld } from "./user/run-user-pipeline.ts";

/**
 * Holds a pipeline of yours to its promises: runs it through so many deployments as there are seeds, each with its own workers, crashes, lost answers and
 * other disasters, in virtual time. Rejects at the first seed in which a promise is broken, with what happened and how to see it again.
 *
 * `pipelineFor` is called for every process that is started, as your own program would be: what it keeps in variables dies with the process; what must
 * outlive it belongs into `world.shared`, and is reached through `world.call`.
 *
 * ```ts
 * await simulate((world) => consume(world.source, { ordering: "key" }).pipe(handle(charge(world)), retry(policy), deadLetter(world.deadLetters), checkpoint()), {
 *   seeds: 1_000,
 *   verify: ({ shared }) => expect(shared("accounts")).toEqual(expected),
 * });
 * ```
 */
export async function simulate(pipelineFor: (world: SimulatedWorld) => Observable<Settled>, options: SimulateOptions = {}): Promise<void> {
  const { seeds = 100, firstSeed = 1 } = options;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const { violations } = await runUserPipeline(pipelineFor, options, seed, false);
    if (violations.length > 0) throw await failure(pipelineFor, options, seed);
    // The event loop gets its turn: a test runner must be able to stop this.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function failure(
  pipelineFor: (world: SimulatedWorld) => Observable<Settled>,
  options: SimulateOptions,
  seed: number,
): Promise<SpillwayError> {
  const { violations, history } = await runUserPipeline(pipelineFor, options, seed, true);
  const broken = violations.map(({ guarantee, says }) => `${guarantee}: ${says}`);
  const message = [
    `The pipeline does not survive seed ${seed}. See it again with simulate(…, { firstSeed: ${seed}, seeds: 1 }).`,
    ...broken,
    "",
    ...sayLast(history),
  ].join("\n");
  return new SpillwayError(message, { code: "SPILLWAY_SIMULATION_FAILED", failureClass: "permanent" });
}
