import { describe, expect, it } from "vitest";
import { type SpillwayError, type LeaseRecord, type PartitionId } from "@spillway/spec";
import { holding, leaseOf, never, recordOf, writesOf } from "./testing/cluster-facts.ts";
import { testCluster, testScope } from "./testing/test-cluster.ts";

const leaseDurationMs = 10_000;

describe("renewing", () => {
  it("writes each lease once in a third of its duration", async () => {
    const cluster = testCluster({ partitions: ["a", "b", "c"] });
    const worker = cluster.join();
    await holding(cluster, worker, 3);
    await cluster.clock.advance(leaseDurationMs);
    const before = cluster.store.calls.compareAndSet;
    await cluster.clock.advance(10 * leaseDurationMs);
    const renewals = cluster.store.calls.compareAndSet - before;
    expect(renewals).toBeLessThanOrEqual(3 * 30);
    expect(renewals).toBeGreaterThanOrEqual(3 * 29);
    expect(worker.events.map((event) => event.type)).toEqual(["lease-gained", "lease-gained", "lease-gained"]);
  });

  it("keeps a lease through a store that is down for half of its duration, and reports each failure", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    await cluster.clock.advance(leaseDurationMs);
    const lease = leaseOf(worker, "a");
    cluster.store.fault = () => "refused";
    await cluster.clock.advance(leaseDurationMs / 2);
    cluster.store.fault = () => undefined;
    await cluster.clock.advance(5 * leaseDurationMs);
    expect(worker.holds.get("a" as PartitionId)).toBe(lease);
    expect(lease.lost.aborted).toBe(false);
    const failed = worker.events.filter((event) => event.type === "lease-call-failed");
    expect(new Set(failed.map((event) => event.call))).toEqual(new Set(["look", "renew"]));
  });

  it("recognises its own renewal when the answer was lost", async () => {
    for (const fault of ["answer lost", "applied twice"] as const) {
      const cluster = testCluster({ partitions: ["a"] });
      const worker = cluster.join();
      await holding(cluster, worker, 1);
      const lease = leaseOf(worker, "a");
      let faults = 0;
      cluster.store.fault = (call) => (call === "compareAndSet" && faults++ % 2 === 0 ? fault : undefined);
      await cluster.clock.advance(5 * leaseDurationMs);
      expect(faults).toBeGreaterThan(5);
      expect(worker.holds.get("a" as PartitionId)).toBe(lease);
    }
  });

  it("gives a lease up for lost, drain first, when no renewal succeeds, well before another may take it", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const first = cluster.join();
    await holding(cluster, first, 1);
    const second = cluster.join();
    await cluster.clock.advance(leaseDurationMs);
    const lease = leaseOf(first, "a");
    const order: string[] = [];
    lease.drain.addEventListener("abort", () => order.push("drain"));
    lease.lost.addEventListener("abort", () => order.push("lost"));
    first.cutOff(true);
    const lastRenewalMs = cluster.clock.nowMs();
    await cluster.clock.runUntil(() => lease.lost.aborted);
    const lostAtMs = cluster.clock.nowMs();
    expect(lostAtMs - lastRenewalMs).toBeLessThanOrEqual(0.85 * leaseDurationMs);
    expect(order).toEqual(["drain", "lost"]);
    expect(first.events.at(-1)).toMatchObject({ type: "lease-lost", partition: "a", why: "silence" });
    expect((lease.lost.reason as SpillwayError).code).toBe("SPILLWAY_LEASE_LOST");
    await holding(cluster, second, 1);
    expect(cluster.clock.nowMs()).toBeGreaterThan(lostAtMs);
    expect(cluster.broken).toEqual([]);
  });

  it("gives a lease up before others take it, though its clock runs a tenth slow and theirs a tenth fast", async () => {
    for (let phase = 0; phase < 12; phase++) {
      const cluster = testCluster({ partitions: ["a"], latencyMs: 50 });
      const slow = cluster.join({ rate: 0.9, offsetMs: 3_600_000 });
      await holding(cluster, slow, 1);
      const fast = cluster.join({ rate: 1.1, offsetMs: -3_600_000 });
      await cluster.clock.advance(leaseDurationMs + phase * 300);
      slow.cutOff(true);
      await holding(cluster, fast, 1);
      expect(cluster.broken).toEqual([]);
    }
  });

  it("learns at its next renewal that somebody took the lease", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    const lease = leaseOf(worker, "a");
    const record = recordOf(cluster, "a") as LeaseRecord;
    const taken = { ...record, version: record.version + 1, token: record.token + 1, owner: "operator" } as LeaseRecord;
    await Promise.all([cluster.store.compareAndSet(testScope, record.version, taken, { signal: never }), cluster.clock.advance(4_000)]);
    expect(lease.lost.aborted).toBe(true);
    expect(worker.events.at(-1)).toMatchObject({ type: "lease-lost", why: "taken" });
    await expect(lease.release("drained", { signal: never })).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  });

  it("loses a lease rather than renewing it when the machine slept for longer than it lasts", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    const lease = leaseOf(worker, "a");
    worker.clock.jump(60_000);
    const versions = writesOf(cluster, "a").length;
    await cluster.clock.runUntil(() => lease.lost.aborted);
    expect(writesOf(cluster, "a").length).toBe(versions);
  });

  it("takes nobody's lease because its own wall clock was set forward", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const first = cluster.join();
    await holding(cluster, first, 1);
    const second = cluster.join();
    for (let jump = 0; jump < 20; jump++) {
      await cluster.clock.advance(777);
      second.clock.jump(3_600_000);
    }
    expect(second.holds.size).toBe(0);
    expect(first.holds.size).toBe(1);
  });
});
