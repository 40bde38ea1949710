import { expect, it } from "vitest";
import type { FencingToken, LeaseRecord, PartitionId } from "@spillway/spec";
import { virtualClock, type VirtualClock } from "../testing/virtual-clock.ts";
import { heldLease, type HeldLease } from "./held-lease.ts";
import type { LeaseEvent } from "./lease-event.ts";
import { scopedStore } from "./scoped-store.ts";
import { never } from "./testing/cluster-facts.ts";
import { faultyLeaseStore, type FaultyLeaseStore } from "./testing/faulty-lease-store.ts";

const claim: LeaseRecord = {
  partition: "a" as PartitionId,
  parents: [],
  version: 1,
  token: 1 as FencingToken,
  owner: "me",
  durationMs: 10_000,
  wantedBy: undefined,
  state: "open",
  start: { at: "earliest" },
};

interface Fixture {
  readonly clock: VirtualClock;
  readonly store: FaultyLeaseStore;
  readonly held: HeldLease;
  readonly events: LeaseEvent[];
  readonly endings: string[];
}

async function claimed(): Promise<Fixture> {
  const clock = virtualClock();
  const store = faultyLeaseStore(clock, 10);
  const events: LeaseEvent[] = [];
  const endings: string[] = [];
  const held = heldLease({
    next: claim,
    takeover: "clean",
    store: scopedStore(store, "scope", clock, 1_500),
    clock,
    report: (event) => events.push(event),
    onEnd: (_, how) => endings.push(how),
  });
  await Promise.all([held.claim(), clock.advance(10)]);
  return { clock, store, held, events, endings };
}

it("writes no renewal when its turn comes after it was released", async () => {
  const { clock, store, held, endings } = await claimed();
  await Promise.all([held.lease.release("drained", { signal: never }), clock.advance(10)]);
  expect(await held.renew(never)).toBe(false);
  expect(store.written.map((record) => record.owner)).toEqual(["me", undefined]);
  expect(endings).toEqual(["drained"]);
});

it("writes no renewal when its turn comes after it was lost", async () => {
  const { clock, store, held, endings } = await claimed();
  await clock.advance(8_500);
  expect(held.lease.lost.aborted).toBe(true);
  expect(await held.renew(never)).toBe(false);
  expect(store.written).toHaveLength(1);
  expect(endings).toEqual(["lost"]);
});

it("is released after a renewal under way, whose version it then knows", async () => {
  const { clock, store, held } = await claimed();
  const renewal = held.renew(never);
  const release = held.lease.release("finished", { signal: never });
  await clock.advance(20);
  await Promise.all([renewal, release]);
  expect(store.written.map(({ version, state }) => [version, state])).toEqual([
    [1, "open"],
    [2, "open"],
    [3, "finished"],
  ]);
  expect(store.calls).toMatchObject({ list: 0, compareAndSet: 3 });
});

it("has at most one write under way, though it is renewed and released at once, answered or not", async () => {
  for (const fault of [undefined, "refused", "answer lost", "applied twice"] as const) {
    const { clock, store, held } = await claimed();
    let underWay = 0;
    let most = 0;
    const { compareAndSet } = store;
    store.compareAndSet = async (...args) => {
      underWay += 1;
      most = Math.max(most, underWay);
      try {
        return await compareAndSet(...args);
      } finally {
        underWay -= 1;
      }
    };
    let isFirst = true;
    store.fault = (call) => {
      if (call !== "compareAndSet" || !isFirst) return undefined;
      isFirst = false;
      return fault;
    };
    const renewal = held.renew(never).catch(() => false);
    const release = held.lease.release("drained", { signal: never });
    await clock.advance(1_000);
    await Promise.all([renewal, release]);
    expect([fault, most]).toEqual([fault, 1]);
    expect(store.written.at(-1)?.owner).toBeUndefined();
  }
});

it("is released though another worker asked for it in between, and is then kept for that worker", async () => {
  const { clock, store, held } = await claimed();
  await Promise.all([store.compareAndSet("scope", 1, { ...claim, version: 2, wantedBy: "poor" }, { signal: never }), clock.advance(10)]);
  const beganAtMs = clock.nowMs();
  let releasedAtMs = 0;
  const release = held.lease.release("drained", { signal: never }).then(() => {
    releasedAtMs = clock.nowMs();
  });
  await clock.advance(1_000);
  await release;
  expect(store.records("scope")).toMatchObject([{ version: 3, owner: undefined, wantedBy: "poor" }]);
  expect(releasedAtMs - beganAtMs).toBe(30);
});

it("is not put off by an old list", async () => {
  const { held } = await claimed();
  held.notice({ ...claim, version: 0, owner: "former", token: 0 as FencingToken });
  held.notice({ ...claim, wantedBy: "nobody", version: 1 });
  expect([held.isHeld, held.lease.drain.aborted, held.lease.lost.aborted]).toEqual([true, false, false]);
});

it("is lost in the midst of a release that takes too long, and the release says so", async () => {
  const { clock, store, held, events, endings } = await claimed();
  store.fault = () => "refused";
  const outcome = held.lease.release("drained", { signal: never }).catch((error: unknown) => error);
  await clock.advance(9_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  expect(endings).toEqual(["lost"]);
  expect(events.map((event) => event.type)).toContain("lease-lost");
  expect(clock.pending).toBe(0);
});

it("is lost at once though its release waits for a renewal that hangs", async () => {
  const { clock, store, held } = await claimed();
  await clock.advance(8_000);
  store.fault = () => "late";
  const renewal = held.renew(never).catch(() => false);
  let lostAtMs = Number.NaN;
  held.lease.lost.addEventListener("abort", () => (lostAtMs = clock.nowMs()));
  let releasedAtMs = 0;
  const release = held.lease.release("drained", { signal: never }).catch(() => {
    releasedAtMs = clock.nowMs();
  });
  await clock.advance(10_000);
  await Promise.all([release, renewal]);
  expect(releasedAtMs).toBe(lostAtMs);
});

it("says so when somebody took the lease before it was reported finished", async () => {
  const { clock, store, held } = await claimed();
  const taken = { ...claim, version: 2, token: 2 as FencingToken, owner: "other" };
  await Promise.all([store.compareAndSet("scope", 1, taken, { signal: never }), clock.advance(10)]);
  const outcome = held.lease.release("finished", { signal: never }).catch((error: unknown) => error);
  await clock.advance(100);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
  expect(store.written.at(-1)).toBe(taken);
});

it("cannot be released twice", async () => {
  const { clock, held } = await claimed();
  await Promise.all([held.lease.release("drained", { signal: never }), clock.advance(10)]);
  await expect(held.lease.release("drained", { signal: never })).rejects.toMatchObject({ code: "SPILLWAY_LEASE_LOST" });
});
