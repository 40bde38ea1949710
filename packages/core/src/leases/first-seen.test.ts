import { describe, expect, it } from "vitest";
import { type LeaseRecord, type PartitionId } from "@spillway/spec";
import { firstSeenPartition } from "./first-seen.ts";
import { holding, leaseOf, never, recordOf, writesOf } from "./testing/cluster-facts.ts";
import { testCluster, testScope } from "./testing/test-cluster.ts";

const leaseDurationMs = 10_000;

describe("what existed at first", () => {
  it("begins where the pipeline begins for every worker that starts at once, also after one died halfway", async () => {
    const partitions = Array.from({ length: 20 }, (_, index) => `p${index}`);
    const cluster = testCluster({ partitions, latencyMs: 10 });
    const doomed = cluster.join();
    let written = 0;
    cluster.store.fault = (call) => {
      if (call === "compareAndSet" && ++written === 8) doomed.crash();
      return undefined;
    };
    await cluster.clock.advance(1_000);
    cluster.store.fault = () => undefined;
    const records = cluster.store.records(testScope).length;
    expect(records).toBeGreaterThan(1);
    cluster.add("born-later");
    cluster.join();
    cluster.join();
    await cluster.clock.advance(4 * leaseDurationMs);
    // The cluster checks that each of the twenty began at latest and the other one at earliest.
    expect(cluster.broken).toEqual([]);
    expect(cluster.loads().reduce((sum, load) => sum + load, 0)).toBe(21);
  });

  it("is remembered for a partition that the source leaves out for a while", async () => {
    const cluster = testCluster({ partitions: ["a", "b"], latencyMs: 10 });
    const doomed = cluster.join();
    await cluster.clock.runUntil(() => recordOf(cluster, firstSeenPartition) !== undefined);
    doomed.crash();
    cluster.sourceFault = () => new Set(["b" as PartitionId]);
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    await cluster.clock.advance(2 * leaseDurationMs);
    cluster.sourceFault = () => undefined;
    await holding(cluster, worker, 2);
    expect(leaseOf(worker, "b").start).toEqual({ at: "latest" });
  });

  it("is what one of two workers saw that start at the same time, for both", async () => {
    const cluster = testCluster({ partitions: ["a"], latencyMs: 10 });
    cluster.add("b");
    let asked = 0;
    cluster.sourceFault = () => (asked++ === 0 ? new Set(["b" as PartitionId]) : undefined);
    cluster.join();
    cluster.join();
    await cluster.clock.runUntil(() => cluster.gains.length === 2);
    const starts = Object.fromEntries(cluster.gains.map(({ lease }) => [lease.partition, lease.start.at]));
    expect(starts).toEqual({ a: "latest", b: "earliest" });
  });

  it("is what the first worker saw, whatever another one saw or wants", async () => {
    const cluster = testCluster({ partitions: ["a"], latencyMs: 10 });
    cluster.sourceFault = () => new Set<PartitionId>();
    const first = cluster.join();
    await cluster.clock.runUntil(() => cluster.store.records(testScope).length > 0);
    cluster.add("b");
    const second = cluster.join({ start: { at: "timestamp", timestampMs: 5 } });
    await cluster.clock.runUntil(() => first.holds.size + second.holds.size === 2, 60_000);
    const starts = new Map(cluster.gains.map(({ lease }) => [lease.partition as string, lease.start.at]));
    expect(Object.fromEntries(starts)).toEqual({ a: "latest", b: "earliest" });
  });

  it("skips ancestors that had ended before a consumer began at latest, so that their children begin at once", async () => {
    const cluster = testCluster({ partitions: ["old"], latencyMs: 4 });
    cluster.add("new", ["old"]);
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    expect(leaseOf(worker, "new").start).toEqual({ at: "latest" });
    expect(recordOf(cluster, "old")).toMatchObject({ state: "finished" });
  });

  it("reads ancestors that had ended before when it began at earliest", async () => {
    const cluster = testCluster({ partitions: ["old"] });
    cluster.add("new", ["old"]);
    const worker = cluster.join({ start: { at: "earliest" } });
    await holding(cluster, worker, 1);
    expect([...worker.holds.keys()]).toEqual(["old"]);
  });

  it("skips nothing when lease records exist that do not say it", async () => {
    const cluster = testCluster({ partitions: ["a", "b"] });
    const foreign = {
      partition: "a",
      parents: [],
      version: 1,
      token: 3,
      wantedBy: undefined,
      owner: undefined,
      durationMs: 1,
      state: "open",
    };
    const record = { ...foreign, start: { at: "latest" } } as unknown as LeaseRecord;
    await Promise.all([cluster.store.compareAndSet(testScope, undefined, record, { signal: never }), cluster.clock.advance(100)]);
    const worker = cluster.join();
    await holding(cluster, worker, 2);
    expect(leaseOf(worker, "b").start).toEqual({ at: "earliest" });
    expect(leaseOf(worker, "a").token).toBe(4);
  });

  it("is forgotten by name once every partition has a record of its own", async () => {
    const cluster = testCluster({ partitions: ["a", "b"] });
    await holding(cluster, cluster.join(), 2);
    expect(writesOf(cluster, firstSeenPartition)[0]?.parents).toEqual(["a", "b"]);
    await cluster.clock.advance(leaseDurationMs);
    expect(recordOf(cluster, firstSeenPartition)?.parents).toEqual([]);
  });
});
