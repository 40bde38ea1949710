import { expect, test } from "vitest";
import type { FaultRule } from "./faults/fault.ts";
import { generateScenario } from "./scenario/generate-scenario.ts";
import type { Scenario } from "./scenario/scenario.ts";
import { shrinkScenario } from "./shrink-scenario.ts";

const culprit: FaultRule = { point: "dead-letter", kind: "answer lost", share: 1, fromMs: 0, untilMs: 5_000 };
const bystander: FaultRule = { point: "read", kind: "slow", share: 0.1, fromMs: 0, untilMs: 5_000 };

function disaster(): Scenario {
  const base = generateScenario(1);
  const [worker] = base.workers;
  if (worker === undefined) throw new Error("a scenario has a worker");
  return {
    ...base,
    beside: { kind: "queue", groups: false, visibilityTimeoutMs: 3_000, receivers: 1, maxNackDelayMs: 0 },
    workers: [worker, worker, worker],
    faults: [bystander, culprit, bystander],
    load: { ...base.load, messages: 200, padding: 500 },
    maxBytesInFlight: 100,
    pipeline: { ...base.pipeline, tapped: true, onlookersThrow: true },
  };
}

test("what a disaster does not need is left out, and what it needs is kept", async () => {
  const judge = async ({ faults, load }: Scenario): Promise<string | undefined> =>
    faults.includes(culprit) && load.messages >= 7 ? "G1" : undefined;
  const shrunk = await shrinkScenario(disaster(), judge);
  expect(shrunk.faults).toEqual([culprit]);
  expect(shrunk.disasters).toEqual([]);
  expect(shrunk.workers).toHaveLength(1);
  expect(shrunk.load.messages).toBe(7);
  expect(shrunk).toMatchObject({
    beside: undefined,
    maxBytesInFlight: undefined,
    load: { padding: 0 },
    pipeline: { tapped: false, onlookersThrow: false },
  });
  expect(Object.values(shrunk.load.trouble).every((share) => share === 0)).toBe(true);
});

test("a smaller disaster that breaks another promise is not taken for the same one", async () => {
  const judge = async ({ load }: Scenario): Promise<string> => (load.messages >= 100 ? "G1" : "G5");
  const shrunk = await shrinkScenario(disaster(), judge);
  expect(shrunk.load.messages).toBe(100);
});

test("a scenario that breaks nothing is left as it is", async () => {
  const scenario = disaster();
  expect(await shrinkScenario(scenario, async () => undefined)).toBe(scenario);
});
