import { describe, expect, it } from "vitest";
import { SpillwayError } from "@spillway/spec";
import type { LeaseEvent } from "./lease-event.ts";
import { leaseSession } from "./lease-session.ts";
import { leaseTiming } from "./lease-timing.ts";
import { holding, leaseOf, never, recordOf, writesOf } from "./testing/cluster-facts.ts";
import { testCluster, testScope } from "./testing/test-cluster.ts";

const leaseDurationMs = 10_000;

describe("failing", () => {
  it("begins when the source answers at last, and reports what it waited for", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    cluster.sourceFault = () => new SpillwayError("throttled", { code: "SPILLWAY_STORE_UNAVAILABLE" });
    const worker = cluster.join();
    await cluster.clock.advance(2 * leaseDurationMs);
    expect(worker.ended).toBeUndefined();
    expect(worker.events[0]).toMatchObject({ type: "lease-call-failed", call: "discover" });
    cluster.sourceFault = () => undefined;
    await holding(cluster, worker, 1);
    expect(cluster.broken).toEqual([]);
  });

  it("ends the iteration with a fatal error of the source", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const denied = new SpillwayError("no permission", { code: "SPILLWAY_STORE_UNAVAILABLE", failureClass: "fatal" });
    cluster.sourceFault = () => denied;
    const worker = cluster.join();
    await cluster.clock.runUntil(() => worker.ended !== undefined);
    expect(worker.ended).toBe(denied);
    expect(cluster.clock.pending).toBe(0);
  });

  it("ends the iteration with a fatal error of the store, and keeps trying to keep what it holds until that is lost", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    const lease = leaseOf(worker, "a");
    const denied = new SpillwayError("no permission", { code: "SPILLWAY_STORE_UNAVAILABLE", failureClass: "fatal" });
    cluster.store.error = denied;
    await cluster.clock.runUntil(() => worker.ended !== undefined, leaseDurationMs);
    expect(worker.ended).toBe(denied);
    expect(lease.lost.aborted).toBe(false);
    await cluster.clock.runUntil(() => lease.lost.aborted, leaseDurationMs);
    await cluster.clock.advance(leaseDurationMs);
    expect(cluster.clock.pending).toBe(0);
  });
});

describe("stopping", () => {
  it("ends the iteration at once, keeps held leases alive until they are released, and leaves nothing behind", async () => {
    const cluster = testCluster({ partitions: ["a", "b"], drainMs: 4 * leaseDurationMs });
    const worker = cluster.join();
    await holding(cluster, worker, 2);
    const second = cluster.join();
    await cluster.clock.advance(leaseDurationMs / 10);
    worker.leave();
    await cluster.clock.settle();
    expect(worker.ended).toBe("done");
    await cluster.clock.advance(3 * leaseDurationMs);
    expect(worker.holds.size).toBe(2);
    expect(second.holds.size).toBe(0);
    await holding(cluster, second, 2);
    expect(cluster.gains.map(({ lease }) => lease.takeover)).toEqual(["clean", "clean", "clean", "clean"]);
    second.leave();
    await cluster.clock.advance(5 * leaseDurationMs);
    expect(cluster.clock.pending).toBe(0);
    expect(cluster.broken).toEqual([]);
  });

  it("does nothing when the signal was aborted before", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const worker = cluster.join({ aborted: true });
    await cluster.clock.advance(leaseDurationMs);
    expect(worker.ended).toBe("done");
    expect(cluster.clock.pending).toBe(0);
    expect(cluster.store.calls).toEqual({ list: 0, compareAndSet: 0, remove: 0 });
  });

  it("gives back what was claimed and not asked for, unless its last owner had died", async () => {
    const cluster = testCluster({ partitions: ["clean", "unclean"] });
    const dead = cluster.join();
    await holding(cluster, dead, 2);
    leaseOf(dead, "clean")
      .release("drained", { signal: never })
      .catch(() => undefined);
    dead.crash();
    const events: LeaseEvent[] = [];
    const session = leaseSession({
      store: cluster.store,
      scope: testScope,
      source: { name: "source", partitions: async () => [] },
      worker: "idle",
      clock: cluster.clock,
      report: (event) => events.push(event),
      timing: leaseTiming({}),
      start: { at: "latest" },
    });
    await cluster.clock.runUntil(() => events.filter((event) => event.type === "lease-gained").length === 2, 60_000);
    session.stop();
    await cluster.clock.advance(leaseDurationMs);
    expect(recordOf(cluster, "clean")?.owner).toBeUndefined();
    expect(recordOf(cluster, "unclean")?.owner).toMatch(/^idle#/);
    const third = cluster.join();
    await holding(cluster, third, 2);
    expect([leaseOf(third, "clean").takeover, leaseOf(third, "unclean").takeover]).toEqual(["clean", "unclean"]);
  });

  it("is the same when the consumer leaves the loop", async () => {
    const cluster = testCluster({ partitions: ["a", "b", "c"] });
    const worker = cluster.join({ takes: 1 });
    await cluster.clock.runUntil(() => worker.ended === "done");
    await cluster.clock.advance(3 * leaseDurationMs);
    expect(worker.holds.size).toBe(1);
    expect(cluster.store.records(testScope).filter((record) => record.owner !== undefined).length).toBe(1);
    worker.leave();
    await cluster.clock.advance(leaseDurationMs);
    expect(cluster.clock.pending).toBe(0);
  });

  it("releases a lease though the answers to it are lost", async () => {
    for (const fault of ["answer lost", "applied twice", "refused"] as const) {
      const cluster = testCluster({ partitions: ["a"] });
      const worker = cluster.join();
      await holding(cluster, worker, 1);
      let faults = 0;
      cluster.store.fault = (call) => (call === "compareAndSet" && faults++ === 0 ? fault : undefined);
      const lease = leaseOf(worker, "a");
      worker.leave();
      await cluster.clock.advance(leaseDurationMs / 2);
      expect({ fault, owner: recordOf(cluster, "a")?.owner }).toEqual({ fault, owner: undefined });
      expect(worker.events.at(-1)).toMatchObject({ type: "lease-released", partition: "a", how: "drained" });
      expect(lease.lost.aborted).toBe(false);
      expect(cluster.clock.pending).toBe(0);
    }
  });

  it("rejects a release whose signal aborts, and lets the lease run out", async () => {
    const cluster = testCluster({ partitions: ["a"] });
    const worker = cluster.join();
    await holding(cluster, worker, 1);
    cluster.store.fault = () => "refused";
    const deadline = new AbortController();
    const outcome = leaseOf(worker, "a")
      .release("drained", { signal: deadline.signal })
      .then(
        () => "released",
        (error: unknown) => error,
      );
    await cluster.clock.advance(1_000);
    deadline.abort("too late");
    await cluster.clock.settle();
    expect(await outcome).toBe("too late");
    cluster.store.fault = () => undefined;
    const versions = writesOf(cluster, "a").filter((record) => record.token === 1).length;
    await cluster.clock.advance(leaseDurationMs);
    expect(writesOf(cluster, "a").filter((record) => record.token === 1).length).toBe(versions);
  });
});
