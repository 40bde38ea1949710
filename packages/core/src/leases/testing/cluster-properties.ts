import * as fc from "fast-check";
import { expect } from "vitest";
import type { PartitionId } from "@spillway/spec";
import { testCluster, testScope, type TestCluster } from "./test-cluster.ts";
import type { StoreFault } from "./faulty-lease-store.ts";

const leaseDurationMs = 10_000;
const discoverEveryMs = 30_000;
/** After this long, a write that a fault delayed has arrived. */
const lateMs = 7_000;

type Step =
  | { readonly do: "join"; readonly rate: number; readonly offsetMs: number }
  | { readonly do: "leave" | "crash" | "split" | "merge" | "add" | "trim"; readonly which: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "disturb"; readonly fault: StoreFault; readonly share: number; readonly ms: number }
  | { readonly do: "cut off" | "jump"; readonly which: number; readonly ms: number };

const which = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("join" as const),
      rate: fc.double({ min: 0.9, max: 1.1, noNaN: true }),
      offsetMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
    }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constantFrom("leave" as const, "crash" as const, "split" as const, "merge" as const, "add" as const, "trim" as const),
      which,
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 15_000 }) }) },
);
const fault = fc.constantFrom<StoreFault>("refused", "answer lost", "applied twice", "late");
const disturbance: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("disturb" as const),
  fault,
  share: fc.constantFrom(0.1, 0.5, 1),
  ms: fc.integer({ min: 100, max: 15_000 }),
});

const trouble: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("cut off" as const, "jump" as const),
  which,
  ms: fc.integer({ min: 100, max: 40_000 }),
});

/** Partitions that are neither finished nor ended. */
function openPartitions(state: { readonly ids: readonly string[]; readonly ended: ReadonlySet<string> }): string[] {
  return state.ids.filter((id) => !state.ended.has(id));
}

/** Whether the source names children with their parent's end: some do, and an answer may be lost. */
function isNamed(number: number): boolean {
  return number % 2 === 0;
}

async function play(cluster: TestCluster, steps: readonly Step[]): Promise<{ ids: string[]; ended: Set<string> }> {
  const state = { ids: Array.from({ length: cluster.initial }, (_, index) => `p${index}`), ended: new Set<string>() };
  let born = 0;
  for (const one of steps) {
    const open = openPartitions(state);
    switch (one.do) {
      case "join":
        if (cluster.live.length < 8) cluster.join(one);
        break;
      case "leave":
        if (cluster.live.length > 1) cluster.live[one.which % cluster.live.length]?.leave();
        break;
      case "crash":
        if (cluster.live.length > 1) cluster.live[one.which % cluster.live.length]?.crash();
        break;
      case "split": {
        const parent = open[one.which % open.length];
        if (parent === undefined) break;
        const children = ["left", "right"].map((half) => `${half}-${born++}`);
        for (const child of children) cluster.add(child, [parent]);
        state.ids.push(...children);
        state.ended.add(parent);
        cluster.end(parent, isNamed(one.which) ? children : []);
        break;
      }
      case "merge": {
        const first = open[one.which % open.length];
        const second = open[(one.which + 1) % open.length];
        if (first === undefined || second === undefined || first === second) break;
        const child = `merged-${born++}`;
        cluster.add(child, [first, second]);
        state.ids.push(child);
        for (const parent of [first, second]) {
          state.ended.add(parent);
          cluster.end(parent, isNamed(one.which) ? [child] : []);
        }
        break;
      }
      case "add": {
        const id = `new-${born++}`;
        cluster.add(id);
        state.ids.push(id);
        break;
      }
      case "trim": {
        const gone = [...cluster.finished];
        const id = gone[one.which % Math.max(1, gone.length)];
        if (id !== undefined) cluster.trim(id);
        break;
      }
      case "wait":
        await cluster.clock.advance(one.ms);
        break;
      case "disturb":
        cluster.store.fault = () => (cluster.clock.random() < one.share ? one.fault : undefined);
        await cluster.clock.advance(one.ms);
        cluster.store.fault = () => undefined;
        break;
      case "cut off": {
        const worker = cluster.live[one.which % cluster.live.length];
        worker?.cutOff(true);
        await cluster.clock.advance(one.ms);
        worker?.cutOff(false);
        break;
      }
      case "jump":
        cluster.live[one.which % cluster.live.length]?.clock.jump(one.which % 2 === 0 ? one.ms : -one.ms);
        break;
    }
  }
  return state;
}

function expectBalanced(cluster: TestCluster, open: readonly string[]): void {
  const holders = open.map((id) => cluster.live.filter((worker) => worker.holds.has(id as PartitionId)).length);
  expect({ broken: cluster.broken, unheld: open.filter((_, index) => holders[index] !== 1) }).toEqual({ broken: [], unheld: [] });
  const loads = cluster.loads();
  expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
}

async function endAll(cluster: TestCluster): Promise<void> {
  for (const worker of cluster.live) worker.leave();
  await cluster.clock.advance(2 * leaseDurationMs);
}

/** Workers come, go, die and differ in their clocks, partitions are split and merged; then all is quiet for three lease durations. */
export async function expectConvergence(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 24 }), fc.array(step, { maxLength: 25 }), async (seed, partitions, steps) => {
      const cluster = testCluster({ seed, partitions: Array.from({ length: partitions }, (_, index) => `p${index}`) });
      cluster.join();
      await cluster.clock.runUntil(() => cluster.gains.length > 0);
      const state = await play(cluster, steps);
      // What was added without a parent is found when the source is asked the next time.
      if (steps.some((one) => one.do === "add")) await cluster.clock.advance(discoverEveryMs);
      await cluster.clock.advance(3 * leaseDurationMs);
      const open = openPartitions(state);
      expectBalanced(cluster, open);

      const gains = cluster.gains.length;
      await cluster.clock.advance(5 * leaseDurationMs);
      expect(cluster.gains.length).toBe(gains);
      expectBalanced(cluster, open);

      await endAll(cluster);
      expect(cluster.clock.pending).toBe(0);
      expect(cluster.store.records(testScope).filter((record) => record.owner !== undefined)).toEqual([]);
    }),
    { numRuns },
  );
}

/** The same, while calls to the store fail, hang, or are done though they seem to have failed. */
export async function expectSafety(numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(fc.oneof({ weight: 3, arbitrary: step }, disturbance, trouble), { maxLength: 30 }),
      async (seed, steps) => {
        const cluster = testCluster({ seed, partitions: ["p0", "p1", "p2", "p3", "p4", "p5"], latencyMs: 40 });
        cluster.join();
        cluster.join({ rate: 0.9 });
        cluster.join({ rate: 1.1 });
        await cluster.clock.runUntil(() => cluster.gains.length > 0);
        const state = await play(cluster, steps);
        expect(cluster.broken).toEqual([]);
        await cluster.clock.advance(lateMs + discoverEveryMs + 4 * leaseDurationMs);
        expectBalanced(cluster, openPartitions(state));
        await endAll(cluster);
        expect(cluster.clock.pending).toBe(0);
      },
    ),
    { numRuns },
  );
}
