import { describe, expect, it } from "vitest";
import { type SpillwayError, type Lease } from "@spillway/spec";
import { holding, leaseOf, writesOf } from "./testing/cluster-facts.ts";
import { testCluster, testScope } from "./testing/test-cluster.ts";

const leaseDurationMs = 10_000;

describe("claiming", () => {
  it("gives the first worker of a new consumer all partitions without a wait", async () => {
    const cluster = testCluster({ partitions: ["a", "b", "c"], latencyMs: 4 });
    const beganAtMs = cluster.clock.nowMs();
    await holding(cluster, cluster.join(), 3);
    // Three calls after one another: the list, what existed at first, the claims.
    expect(cluster.clock.nowMs() - beganAtMs).toBe(3 * 4);
    expect(cluster.broken).toEqual([]);
  });

  it("takes what a worker released with a token one higher, as a clean takeover", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const first = cluster.join();
    await holding(cluster, first, 1);
    const second = cluster.join();
    first.leave();
    await holding(cluster, second, 1);
    expect(cluster.gains.map(({ worker, lease }) => [worker, lease.token, lease.takeover])).toEqual([
      ["worker-1", 1, "clean"],
      ["worker-2", 2, "clean"],
    ]);
  });

  it("takes what a worker left when it died, once its record was silent for longer than its lease, as an unclean takeover", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const first = cluster.join();
    await holding(cluster, first, 1);
    const second = cluster.join();
    await cluster.clock.advance(leaseDurationMs);
    first.crash();
    const lastSignMs = cluster.clock.nowMs();
    await cluster.clock.advance(0.7 * leaseDurationMs);
    expect(second.holds.size).toBe(0);
    await holding(cluster, second, 1);
    expect(leaseOf(second, "a").takeover).toBe("unclean");
    expect(cluster.clock.nowMs() - lastSignMs).toBeLessThan(2 * leaseDurationMs);
  });

  it("takes what a worker left within the lease's duration and two seconds, whenever it died and however many are left", async () => {
    for (const survivors of [1, 3]) {
      const tookMs: number[] = [];
      for (let seed = 1; seed <= 14; seed += 1) {
        const cluster = testCluster({ partitions: ["a", "b", "c", "d"], seed, latencyMs: 40 });
        const doomed = cluster.join();
        await holding(cluster, doomed, 4);
        for (let joined = 0; joined < survivors; joined += 1) cluster.join();
        await holding(cluster, doomed, 4 / (1 + survivors));
        await cluster.clock.advance((2 + seed / 42) * leaseDurationMs);
        doomed.crash();
        const diedAtMs = cluster.clock.nowMs();
        const taken = (): number => cluster.loads().reduce((sum, load) => sum + load, 0);
        await cluster.clock.runUntil(() => taken() === 4, 60_000);
        tookMs.push(cluster.clock.nowMs() - diedAtMs);
      }
      // The silence that others wait for, how late its beginning is seen, and four calls: two looks, and a claim with its answer.
      expect(Math.max(...tookMs)).toBeLessThanOrEqual((1.1 + 1 / 16) * leaseDurationMs + 4 * 40);
      expect(Math.max(...tookMs)).toBeLessThanOrEqual(leaseDurationMs + 2_000);
    }
  });

  it.each([
    [1_000, 1],
    [3_000, 1.2],
    [5_000, 2],
  ])(
    "does the same with leases of %i ms, and looks no more often than that needs: %d times in a renewal's period",
    async (durationMs, most) => {
      const tookMs: number[] = [];
      let looks = 0;
      for (let seed = 1; seed <= 10; seed += 1) {
        const cluster = testCluster({ partitions: ["a", "b"], seed, latencyMs: 40, leaseDurationMs: durationMs });
        const doomed = cluster.join();
        await holding(cluster, doomed, 2);
        const second = cluster.join();
        await holding(cluster, doomed, 1);
        await cluster.clock.advance(2 * durationMs);
        const before = cluster.store.calls.list;
        await cluster.clock.advance((10 + seed / 30) * durationMs);
        looks = Math.max(looks, (cluster.store.calls.list - before) / 2 / 30);
        doomed.crash();
        const diedAtMs = cluster.clock.nowMs();
        await holding(cluster, second, 2);
        tookMs.push(cluster.clock.nowMs() - diedAtMs);
      }
      expect(Math.max(...tookMs)).toBeLessThanOrEqual(durationMs + 2_000);
      expect(looks).toBeLessThanOrEqual(most + 0.1);
    },
  );

  it("looks for renewals only when they may come: some four times in a renewal's period where other workers live, and once where none does", async () => {
    const looks: number[] = [];
    for (const workers of [1, 2, 10]) {
      const cluster = testCluster({ partitions: Array.from({ length: 10 }, (_, index) => `p${index}`) });
      const joined = Array.from({ length: workers }, () => cluster.join());
      await cluster.clock.runUntil(() => joined.every(({ holds }) => holds.size === 10 / workers), 60_000);
      await cluster.clock.advance(3 * leaseDurationMs);
      const before = cluster.store.calls.list;
      await cluster.clock.advance(10 * leaseDurationMs);
      looks.push((cluster.store.calls.list - before) / workers / 30);
    }
    expect(looks.map((count) => Math.round(count))).toEqual([1, 4, 4]);
  });

  it("waits as long as the owner's own lease lasts, not as long as its own would", async () => {
    const patient = testCluster({ partitions: ["a"], leaseDurationMs: 30_000 });
    const first = patient.join();
    await holding(patient, first, 1);
    const second = patient.join({ leaseDurationMs: 3_000 });
    await patient.clock.advance(5_000);
    first.crash();
    await patient.clock.advance(20_000);
    expect(second.holds.size).toBe(0);
    await holding(patient, second, 1);
    expect(patient.broken).toEqual([]);
  });

  it("keeps what it knew of the owner before when the answer to its claim is lost", async () => {
    for (const fault of ["answer lost", "applied twice", "late"] as const) {
      const cluster = testCluster({ partitions: ["a"] });
      const first = cluster.join();
      await holding(cluster, first, 1);
      const second = cluster.join();
      await cluster.clock.advance(leaseDurationMs);
      first.crash();
      let faults = 0;
      cluster.store.fault = (call, record) => (call === "compareAndSet" && record?.token === 2 && faults++ === 0 ? fault : undefined);
      await holding(cluster, second, 1);
      expect({ fault, faults: faults > 0, takeover: leaseOf(second, "a").takeover }).toEqual({ fault, faults: true, takeover: "unclean" });
      expect(leaseOf(second, "a").token).toBe(2);
      expect(new Set(writesOf(cluster, "a").map((record) => record.token))).toEqual(new Set([1, 2]));
    }
  });

  it("does not take the leases of a dead process that had the same worker name for its own", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const first = cluster.join({ name: "pod-0" });
    await holding(cluster, first, 1);
    first.crash();
    const again = cluster.join({ name: "pod-0" });
    await cluster.clock.advance(leaseDurationMs / 2);
    expect(again.holds.size).toBe(0);
    await holding(cluster, again, 1);
    expect(leaseOf(again, "a").takeover).toBe("unclean");
  });
});

describe("handing over", () => {
  it("asks the owner, which sees its drain signal with a reason, and takes the lease when it is released", async () => {
    const cluster = testCluster({ partitions: ["a", "b"], drainMs: 2_000 });
    const first = cluster.join();
    await holding(cluster, first, 2);
    const leases = [leaseOf(first, "a"), leaseOf(first, "b")];
    const second = cluster.join();
    await cluster.clock.runUntil(() => leases.some((lease) => lease.drain.aborted));
    const wanted = leases.find((lease) => lease.drain.aborted) as Lease;
    expect((wanted.drain.reason as SpillwayError).code).toBe("SPILLWAY_HAND_OVER");
    expect(wanted.lost.aborted).toBe(false);
    expect(first.events.at(-1)).toMatchObject({ type: "lease-wanted", partition: wanted.partition });
    await holding(cluster, second, 1);
    expect([...second.holds.keys()]).toEqual([wanted.partition]);
    expect(leaseOf(second, wanted.partition).takeover).toBe("clean");
    await cluster.clock.advance(5 * leaseDurationMs);
    expect(cluster.gains.length).toBe(3);
  });

  it("asks for one lease at a time while the imbalance is small", async () => {
    const cluster = testCluster({ partitions: Array.from({ length: 12 }, (_, index) => `p${index}`), drainMs: 20_000 });
    await holding(cluster, cluster.join(), 12);
    cluster.join();
    await cluster.clock.advance(15_000);
    expect(cluster.store.records(testScope).filter((record) => record.wantedBy !== undefined).length).toBe(1);
  });

  it("keeps a lease that is being drained alive for as long as draining takes", async () => {
    const cluster = testCluster({ partitions: ["a", "b"], drainMs: 6 * leaseDurationMs });
    const first = cluster.join();
    await holding(cluster, first, 2);
    const second = cluster.join();
    await cluster.clock.advance(5 * leaseDurationMs);
    expect(first.holds.size).toBe(2);
    await holding(cluster, second, 1);
    expect(cluster.gains.at(-1)?.lease.takeover).toBe("clean");
    expect(cluster.broken).toEqual([]);
  });

  it("gives a lease to others when the worker that asked for it died", async () => {
    const cluster = testCluster({ partitions: ["a", "b"], drainMs: 1_000 });
    const first = cluster.join();
    await holding(cluster, first, 2);
    const second = cluster.join();
    await cluster.clock.runUntil(() => first.events.some((event) => event.type === "lease-wanted"));
    second.crash();
    await cluster.clock.advance(2 * leaseDurationMs);
    expect(first.holds.size).toBe(2);
  });
});

describe("many partitions", () => {
  it("are within one of each other on every worker within three lease durations, though all workers start at once", async () => {
    const cluster = testCluster({ partitions: Array.from({ length: 250 }, (_, index) => `p${index}`), latencyMs: 20, drainMs: 200 });
    for (let worker = 0; worker < 8; worker++) cluster.join();
    await cluster.clock.advance(3 * leaseDurationMs);
    expect([...cluster.loads()].sort()).toEqual([31, 31, 31, 31, 31, 31, 32, 32]);
    expect(cluster.broken).toEqual([]);
  });

  it("are taken over by one more worker within three lease durations", async () => {
    const cluster = testCluster({ partitions: Array.from({ length: 100 }, (_, index) => `p${index}`), latencyMs: 20, drainMs: 500 });
    await holding(cluster, cluster.join(), 100);
    cluster.join();
    await cluster.clock.advance(3 * leaseDurationMs);
    expect(cluster.loads()).toEqual([50, 50]);
  });
});

describe("options", () => {
  it("refuse timings that cannot work", () => {
    const cluster = testCluster();
    expect(() => cluster.join({ leaseDurationMs: 0 })).toThrow("leaseDurationMs");
    expect(() => cluster.join({ leaseDurationMs: 10_000, renewEveryMs: 1_000 })).toThrow("renewEveryMs");
    expect(() => cluster.join({ leaseDurationMs: 10_000, renewEveryMs: 9_000 })).toThrow("renewEveryMs");
    expect(() => cluster.join({ discoverEveryMs: 0 })).toThrow("discoverEveryMs");
  });
});
