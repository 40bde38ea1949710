import { expect, test } from "vitest";
import { runScenario } from "./run-scenario.ts";
import { generateScenario } from "./scenario/generate-scenario.ts";

test("a seed gives the same run every time, to the last entry of its history", async () => {
  for (const seed of [2, 31, 5177]) {
    const first = await runScenario(generateScenario(seed), { keepHistory: true });
    const second = await runScenario(generateScenario(seed), { keepHistory: true });
    const unread = await runScenario(generateScenario(seed));
    expect(second.history).toEqual(first.history);
    expect(second.hash).toBe(first.hash);
    expect(unread.hash).toBe(first.hash);
  }
}, 60_000);

test("different seeds give different runs", async () => {
  const hashes = new Set<string>();
  for (const seed of [1, 2, 3]) hashes.add((await runScenario(generateScenario(seed))).hash);
  expect(hashes.size).toBe(3);
}, 60_000);
