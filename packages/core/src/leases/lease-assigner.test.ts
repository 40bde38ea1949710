import { expect, it } from "vitest";
import { testCluster } from "./testing/test-cluster.ts";

it("gives the first worker of a new consumer all partitions without a wait", async () => {
  const cluster = testCluster({ partitions: ["a", "b", "c"] });
  const beganAtMs = cluster.clock.nowMs();
  const worker = cluster.join();
  await cluster.clock.runUntil(() => worker.holds.size === 3);
  // Four calls: list, what existed at first, and the claims at once.
  expect(cluster.clock.nowMs() - beganAtMs).toBe(3 * 4);
  expect(cluster.broken).toEqual([]);
});
