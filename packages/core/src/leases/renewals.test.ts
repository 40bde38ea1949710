import { describe, expect, it } from "vitest";
import { virtualClock, type VirtualClock } from "../testing/virtual-clock.ts";
import { type SpillwayError, type Lease, type LeaseRecord, type PartitionId } from "@spillway/spec";
import type { HeldLease } from "./held-lease.ts";
import type { LeaseEvent } from "./lease-event.ts";
import { leaseTiming } from "./lease-timing.ts";
import { renewals, type Renewals } from "./renewals.ts";
import { scopedStore } from "./scoped-store.ts";
import { holding, leaseOf, never, recordOf, writesOf } from "./testing/cluster-facts.ts";
import { faultyLeaseStore } from "./testing/faulty-lease-store.ts";
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

describe("a batch of renewals", () => {
  const timing = leaseTiming({ leaseDurationMs });

  /** A lease that answers its renewals as told, and remembers when they came. */
  function fakeLease(
    partition: string,
    clock: VirtualClock,
    renew: (signal: AbortSignal) => Promise<boolean>,
  ): HeldLease & { readonly renewedAtMs: number[] } {
    const renewedAtMs: number[] = [];
    return {
      lease: { partition } as unknown as Lease,
      writtenAtMs: clock.nowMs(),
      isHeld: true,
      claim: async () => true,
      notice: () => undefined,
      abandon: () => undefined,
      renewedAtMs,
      renew(signal) {
        renewedAtMs.push(clock.nowMs());
        return renew(signal);
      },
    };
  }

  function fixture(): { readonly clock: VirtualClock; readonly kept: Renewals; readonly events: LeaseEvent[] } {
    const clock = virtualClock({ startMs: 0 });
    const events: LeaseEvent[] = [];
    const store = scopedStore(faultyLeaseStore(clock, 2), testScope, clock, 1_000);
    const kept = renewals({ store, clock, timing, report: (event) => events.push(event), onFatal: () => undefined });
    return { clock, kept, events };
  }

  it("leaves out what was claimed a moment ago, until the next", async () => {
    const { clock, kept } = fixture();
    const old = fakeLease("old", clock, async () => true);
    kept.add(old);
    await clock.advance(0.9 * timing.renewEveryMs);
    const fresh = fakeLease("fresh", clock, async () => true);
    kept.add(fresh);
    await clock.advance(1.2 * timing.renewEveryMs);
    expect(old.renewedAtMs).toEqual([timing.renewEveryMs, 2 * timing.renewEveryMs]);
    expect(fresh.renewedAtMs).toEqual([2 * timing.renewEveryMs]);
  });

  it("tries again at once, after one look for all, what was refused", async () => {
    const { clock, kept, events } = fixture();
    const answers = [false, true];
    const refused = fakeLease("refused", clock, async () => answers.shift() ?? true);
    kept.add(refused);
    await clock.advance(timing.renewEveryMs + 10);
    expect(refused.renewedAtMs).toEqual([timing.renewEveryMs, timing.renewEveryMs + 2]);
    expect(events).toEqual([]);
  });

  it("ends in time for another when the store hangs, however many leases there are", async () => {
    const { clock, kept, events } = fixture();
    const hanging = (signal: AbortSignal): Promise<boolean> =>
      new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason as Error);
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      });
    const leases = Array.from({ length: 100 }, (_, index) => fakeLease(`p${index}`, clock, hanging));
    for (const lease of leases) kept.add(lease);
    await clock.advance(2.1 * timing.renewEveryMs);
    expect(events[0]).toMatchObject({ type: "lease-call-failed", call: "renew" });
    expect(leases[0]?.renewedAtMs.length).toBeGreaterThanOrEqual(2);
    for (const lease of leases) kept.remove(lease);
    await clock.advance(timing.renewEveryMs);
    expect(clock.pending).toBe(0);
  });
});
