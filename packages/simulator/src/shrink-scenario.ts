import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario/scenario.ts";

/** How many smaller scenarios are tried at most. */
const maxTries = 300;

/** Says which promise a scenario breaks; undefined: none. */
export type Judge = (scenario: Scenario) => Promise<string | undefined>;

/**
 * Finds a smaller scenario that breaks the same promise: without faults, disasters, workers, stages and messages that it does not need. Resolves to the smallest
 * one found; to the scenario itself if it breaks none.
 */
export async function shrinkScenario(scenario: Scenario, judge: Judge = brokenBy): Promise<Scenario> {
  const guarantee = await judge(scenario);
  if (guarantee === undefined) return scenario;
  let smallest = scenario;
  let tries = 0;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const smaller of smallerThan(smallest)) {
      if (++tries > maxTries) return smallest;
      if ((await judge(smaller)) !== guarantee) continue;
      smallest = smaller;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

async function brokenBy(scenario: Scenario): Promise<string | undefined> {
  // A run that never comes to its end would keep the event loop; each gets a turn of it.
  await new Promise((resolve) => setImmediate(resolve));
  return (await runScenario(scenario)).violations[0]?.guarantee;
}

/** Scenarios that leave something out, those that leave out most first. */
function* smallerThan(scenario: Scenario): Iterable<Scenario> {
  const { faults, disasters, workers, load, pipeline } = scenario;
  if (faults.length > 1) yield { ...scenario, faults: [] };
  if (disasters.length > 1) yield { ...scenario, disasters: [] };
  for (const share of [4, 2]) {
    const messages = Math.ceil(load.messages / share);
    if (messages < load.messages) yield { ...scenario, load: { ...load, messages } };
  }
  yield* simplerThan(scenario);
  if (workers.length > 1) yield { ...scenario, workers: workers.slice(0, -1) };
  for (const index of faults.keys()) yield { ...scenario, faults: without(faults, index) };
  for (const index of disasters.keys()) yield { ...scenario, disasters: without(disasters, index) };
  for (const index of pipeline.stages.keys()) {
    if (pipeline.stages.length > 1) yield { ...scenario, pipeline: { ...pipeline, stages: without(pipeline.stages, index) } };
  }
  for (const name of Object.keys(load.trouble) as (keyof typeof load.trouble)[]) {
    if (load.trouble[name] > 0) yield { ...scenario, load: { ...load, trouble: { ...load.trouble, [name]: 0 } } };
  }
  if (load.stubborn > 0) yield { ...scenario, load: { ...load, stubborn: load.stubborn - 1 } };
  for (const messages of [Math.floor(load.messages * 0.8), load.messages - 1]) {
    if (messages > 0 && messages < load.messages) yield { ...scenario, load: { ...load, messages } };
  }
}

/** Scenarios with a plainer source or pipeline. */
function* simplerThan(scenario: Scenario): Iterable<Scenario> {
  const { source, beside, load, pipeline, maxBytesInFlight } = scenario;
  const { failure, retry } = pipeline;
  if (beside !== undefined) yield { ...scenario, beside: undefined };
  if (source.kind === "log" && source.assignedBy === "provider") yield { ...scenario, source: { ...source, assignedBy: "leases" } };
  if (maxBytesInFlight !== undefined) yield { ...scenario, maxBytesInFlight: undefined };
  if (load.padding > 0) yield { ...scenario, load: { ...load, padding: 0 } };
  if (pipeline.expand !== undefined && pipeline.stages.length > 0) yield { ...scenario, pipeline: { ...pipeline, expand: undefined } };
  if (pipeline.tapped) yield { ...scenario, pipeline: { ...pipeline, tapped: false } };
  if (pipeline.onlookersThrow) yield { ...scenario, pipeline: { ...pipeline, onlookersThrow: false } };
  if (retry?.budget === true) yield { ...scenario, pipeline: { ...pipeline, retry: { ...retry, budget: false } } };
  if (retry?.maxAgeMs !== undefined) yield { ...scenario, pipeline: { ...pipeline, retry: { ...retry, maxAgeMs: undefined } } };
  if (failure.answer !== "deadLetter") return;
  if (failure.blocksKeys) yield { ...scenario, pipeline: { ...pipeline, failure: { ...failure, blocksKeys: false } } };
  if (failure.budget !== undefined) yield { ...scenario, pipeline: { ...pipeline, failure: { ...failure, budget: undefined } } };
}

function without<T>(items: readonly T[], index: number): readonly T[] {
  return items.filter((_, at) => at !== index);
}
