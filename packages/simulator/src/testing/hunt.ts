import { runScenario } from "../run-scenario.ts";
import { generateScenario } from "../scenario/generate-scenario.ts";

/** What a hunt has found. */
export interface Found {
  readonly seed: number;
  readonly guarantee: string;
  readonly says: string;
}

/** Runs seed after seed until one breaks a promise; undefined when none does. */
export async function hunt(seeds: number): Promise<Found | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const { violations } = await runScenario(generateScenario(seed));
    const [first] = violations;
    if (first !== undefined) return { seed, ...first };
    await new Promise((resolve) => setImmediate(resolve));
  }
  return undefined;
}
