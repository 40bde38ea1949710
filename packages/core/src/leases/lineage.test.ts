import { describe, expect, it } from "vitest";
import { type PartitionId } from "@spillway/spec";
import { holding, leaseOf, recordOf } from "./testing/cluster-facts.ts";
import { testCluster } from "./testing/test-cluster.ts";

const leaseDurationMs = 10_000;

describe("lineage", () => {
  it("reads children after all of their parents, from earliest though the pipeline began at latest", async () => {
    const cluster = testCluster({ partitions: ["left", "right"] });
    const worker = cluster.join();
    await holding(cluster, worker, 2);
    cluster.add("merged", ["left", "right"]);
    cluster.end("left");
    await cluster.clock.advance(2 * leaseDurationMs);
    expect([...worker.holds.keys()]).toEqual(["right"]);
    cluster.end("right");
    await holding(cluster, worker, 1);
    await cluster.clock.runUntil(() => worker.holds.has("merged" as PartitionId));
    expect(leaseOf(worker, "merged").start).toEqual({ at: "earliest" });
    expect(cluster.broken).toEqual([]);
  });

  it("looks for children at once when their parent is finished", async () => {
    const cluster = testCluster({ partitions: ["parent"], latencyMs: 4 });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    await cluster.clock.advance(1_234);
    cluster.add("child", ["parent"]);
    cluster.end("parent");
    await cluster.clock.runUntil(() => worker.holds.has("child" as PartitionId), 100);
    expect(cluster.broken).toEqual([]);
  });

  it("reads children that their parent named though no listing shows them, and asks for none", async () => {
    const cluster = testCluster({ partitions: ["parent"], latencyMs: 4 });
    const [worker, other] = [cluster.join(), cluster.join()];
    await holding(cluster, worker, 1);
    await cluster.clock.advance(1_234);
    let asked = 0;
    cluster.sourceFault = () => {
      asked += 1;
      return new Set(["left", "right"] as PartitionId[]);
    };
    for (const child of ["left", "right"]) cluster.add(child, ["parent"]);
    cluster.end("parent", ["left", "right"]);
    await cluster.clock.runUntil(() => worker.holds.size > 0, 100);
    await cluster.clock.runUntil(() => worker.holds.size + other.holds.size === 2, leaseDurationMs);
    expect(asked).toBe(0);
    expect(leaseOf(worker, "left").start).toEqual({ at: "earliest" });
    expect(cluster.broken).toEqual([]);
    // What a listing does not show and an owner still holds is not retired, and what has a record is not taken for new.
    await cluster.clock.advance(10 * leaseDurationMs);
    expect([worker.holds.size, other.holds.size, cluster.broken]).toEqual([1, 1, []]);
  });

  it("reads a child that one of its parents named only after the other as well, and finds out about a parent that it does not know", async () => {
    const cluster = testCluster({ partitions: ["known"] });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    cluster.add("unknown");
    cluster.add("merged", ["known", "unknown"]);
    cluster.end("known", ["merged"]);
    await cluster.clock.runUntil(() => worker.holds.has("unknown" as PartitionId), leaseDurationMs / 2);
    expect([...worker.holds.keys()]).toEqual(["unknown"]);
    cluster.end("unknown", ["merged"]);
    await cluster.clock.runUntil(() => worker.holds.has("merged" as PartitionId), leaseDurationMs / 2);
    expect(cluster.broken).toEqual([]);
  });

  it("asks again when a partition was finished while the source was being asked", async () => {
    const cluster = testCluster({ partitions: ["parent"], latencyMs: 4 });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    const answers: (() => void)[] = [];
    cluster.sourceWait = () => new Promise((resolve) => void answers.push(resolve));
    await cluster.clock.runUntil(() => answers.length > 0, 60_000);
    cluster.end("parent");
    await cluster.clock.advance(100);
    expect(cluster.finished.has("parent")).toBe(true);
    cluster.sourceWait = undefined;
    answers[0]?.();
    await cluster.clock.settle();
    cluster.add("child", ["parent"]);
    await cluster.clock.runUntil(() => worker.holds.has("child" as PartitionId), 5_000);
    expect(cluster.broken).toEqual([]);
  });

  it("does not ask the source for every partition of many that are finished at once", async () => {
    const partitions = Array.from({ length: 100 }, (_, index) => `p${index}`);
    const cluster = testCluster({ partitions, latencyMs: 4 });
    const worker = cluster.join();
    await holding(cluster, worker, 100);
    let asked = 0;
    cluster.sourceFault = () => {
      asked++;
      return undefined;
    };
    for (const id of partitions) {
      cluster.end(id);
      await cluster.clock.advance(10);
    }
    await holding(cluster, worker, 0);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(1_000 / 250 + 2);
  });

  it("finds new partitions without being told", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    cluster.add("b");
    await cluster.clock.runUntil(() => worker.holds.has("b" as PartitionId), 40_000);
    expect(leaseOf(worker, "b").start).toEqual({ at: "earliest" });
  });

  it("removes a finished partition's record once the source does not list it and no child waits for it", async () => {
    const cluster = testCluster({ partitions: ["parent"] });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    cluster.add("child", ["parent"]);
    cluster.end("parent");
    await cluster.clock.advance(60_000);
    expect(recordOf(cluster, "parent")?.state).toBe("finished");
    cluster.trim("parent");
    await cluster.clock.advance(60_000);
    expect(recordOf(cluster, "parent")).toBeUndefined();
    expect(worker.events).toContainEqual({ type: "partition-retired", partition: "parent" });
    expect(worker.holds.size).toBe(1);
  });

  it("gives a partition that comes back after its record was removed a token above all that it had", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const first = cluster.join();
    await holding(cluster, first, 1);
    first.leave();
    const second = cluster.join();
    await holding(cluster, second, 1);
    cluster.end("a");
    cluster.trim("a");
    await cluster.clock.runUntil(() => recordOf(cluster, "a") === undefined, 120_000);
    cluster.add("a");
    await cluster.clock.runUntil(() => cluster.gains.length === 3, 120_000);
    expect(cluster.gains.map(({ lease }) => lease.token)).toEqual([1, 2, 3]);
  });
});
