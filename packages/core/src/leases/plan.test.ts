import { describe, expect, it } from "vitest";
import type { FencingToken, LeaseRecord, Partition, PartitionId } from "@spillway/spec";
import { firstSeenRecord } from "./first-seen.ts";
import { discovery } from "./lineage.ts";
import { observe } from "./observations.ts";
import { plan, type Plan, type View } from "./plan.ts";

const durationMs = 10_000;

function record(
  partition: string,
  how: Partial<Omit<LeaseRecord, "partition" | "parents">> & { readonly parents?: readonly string[] } = {},
): LeaseRecord {
  return {
    version: 1,
    token: 1 as FencingToken,
    owner: undefined,
    durationMs,
    wantedBy: undefined,
    state: "open",
    start: { at: "latest" },
    ...how,
    partition: partition as PartitionId,
    parents: (how.parents ?? []) as readonly PartitionId[],
  };
}

function partition(id: string, ...parents: readonly string[]): Partition {
  return { id: id as PartitionId, parents: parents as readonly PartitionId[] };
}

/** A view of these records, unchanged for a while. */
function view(
  records: readonly LeaseRecord[],
  more: Partial<View> & { readonly unchangedMs?: number; readonly before?: readonly LeaseRecord[] } = {},
): View {
  const { unchangedMs = 0, before = [], ...rest } = more;
  return {
    me: "me",
    records,
    observations: observe(observe(new Map(), before, -1), records, 0),
    nowMs: unchangedMs,
    discovered: discovery([], records),
    everRecorded: new Set(records.map((one) => one.partition)),
    named: [],
    firstSeen: firstSeenRecord([], { at: "latest" }),
    held: new Set(records.filter((one) => one.owner === "me").map((one) => one.partition)),
    leaseDurationMs: durationMs,
    ...rest,
  };
}

function names(records: Plan[keyof Plan]): readonly string[] {
  return typeof records === "boolean" ? [] : records.map((one) => one.partition);
}

describe("claims", () => {
  it("are all of a new consumer's partitions, when nobody else is to be seen", () => {
    const discovered = discovery([partition("a"), partition("b")], []);
    expect(names(plan(view([], { discovered })).claim)).toEqual(["a", "b"]);
  });

  it("are our share of what is free, and the others are left to those who have less", () => {
    const records = [record("a"), record("b"), record("c", { owner: "me" }), record("d", { owner: "other" }), record("e", { owner: "me" })];
    expect(names(plan(view(records)).claim)).toEqual(["b"]);
  });

  it("are what others should have taken and did not", () => {
    const records = [record("a"), record("b", { owner: "me" }), record("c", { owner: "other" }), record("d", { owner: "me" })];
    expect(names(plan(view(records, { unchangedMs: durationMs / 2 - 1 })).claim)).toEqual([]);
    expect(names(plan(view(records, { unchangedMs: durationMs / 2 })).claim)).toEqual(["a"]);
  });

  it("are not what is kept for the worker that asked for it, until that leaves it lying", () => {
    const records = [record("a", { wantedBy: "other" }), record("b", { owner: "me" })];
    expect(names(plan(view(records)).claim)).toEqual([]);
    expect(names(plan(view(records, { unchangedMs: durationMs / 2 })).claim)).toEqual(["a"]);
    expect(names(plan(view([record("a", { wantedBy: "me" }), record("b", { owner: "me" })])).claim)).toEqual(["a"]);
  });

  it("are what was silent for a tenth longer than its lease, by the time that we watched it", () => {
    const records = [record("a", { owner: "dead" }), record("b", { owner: "me" })];
    expect(names(plan(view(records, { unchangedMs: 1.1 * durationMs - 1 })).claim)).toEqual([]);
    expect(names(plan(view(records, { unchangedMs: 1.1 * durationMs })).claim)).toEqual(["a"]);
  });

  it("are not what we do not hold any more in the store, but have not been told of", () => {
    const records = [record("a", { version: 2 })];
    expect(names(plan(view(records, { held: new Set(["a" as PartitionId]) })).claim)).toEqual([]);
  });

  it("are what is in our name though we do not hold it", () => {
    expect(names(plan(view([record("a", { owner: "me" })], { held: new Set() })).claim)).toEqual(["a"]);
  });

  it("count for nobody who is dead or leaves: all of the free leases go to those who stay", () => {
    const before = [
      record("a", { owner: "leaves" }),
      record("b", { owner: "leaves" }),
      record("c", { owner: "me" }),
      record("d", { owner: "me" }),
    ];
    const released = [record("a", { version: 2 }), ...before.slice(1)];
    expect(names(plan(view(released, { before })).claim)).toEqual(["a"]);

    const silent = [record("a", { owner: "dead", durationMs: 5_000 }), record("b", { owner: "dead" }), ...before.slice(2)];
    expect(names(plan(view(silent, { unchangedMs: 5_500 })).claim)).toEqual(["a"]);
  });
});

describe("asking", () => {
  const five = ["a", "b", "c", "d", "e"].map((name) => record(name, { owner: "other" }));

  it("is for one lease of the most loaded, while the imbalance is small", () => {
    const many = [...five, record("f", { owner: "third" })];
    expect(names(plan(view(many)).want)).toHaveLength(1);
    expect(many.find((one) => one.partition === names(plan(view(many)).want)[0])?.owner).toBe("other");
  });

  it("is for an eighth of a large imbalance at a time", () => {
    const records = Array.from({ length: 64 }, (_, index) => record(`p${index}`, { owner: "other" }));
    expect(plan(view(records)).want.length).toBe(4);
  });

  it("waits until what was asked for has come", () => {
    const asked = [record("a", { owner: "other", wantedBy: "me" }), ...five.slice(1)];
    expect(plan(view(asked))).toMatchObject({ want: [], hurry: true });
  });

  it("does not happen between workers within one of each other", () => {
    const records = [record("a", { owner: "other" }), record("b", { owner: "other" }), record("c", { owner: "me" })];
    expect(plan(view(records))).toMatchObject({ want: [], hurry: false });
  });

  it("takes a lease that another worker asked for as that worker's", () => {
    const asked = record("c", { owner: "other", wantedBy: "third" });
    const records = [record("a", { owner: "other" }), record("b", { owner: "other" }), asked, record("d", { owner: "me" })];
    expect(names(plan(view(records)).want)).toEqual([]);
    expect(names(plan(view([...records.slice(0, 2), record("c", { owner: "other" }), ...records.slice(3)])).want)).toEqual(["a"]);
  });

  it("is left to whom the leases should go: two that see the same do not ask for the same", () => {
    const records = [...five, record("f", { owner: "second" })];
    const mine = plan({ ...view(records), me: "me" }).want;
    const theirs = plan({ ...view(records), me: "second", held: new Set(["f" as PartitionId]) }).want;
    expect([names(mine), names(theirs)]).toEqual([["b"], ["a"]]);
  });

  it("is not done of an owner that seems to be dying: it would look like a sign of life", () => {
    expect(plan(view(five, { unchangedMs: 0.6 * durationMs })).want.length).toBe(1);
    expect(plan(view(five, { unchangedMs: 0.8 * durationMs })).want.length).toBe(0);
  });

  it("makes the owner look more often", () => {
    expect(plan(view([record("a", { owner: "me", wantedBy: "other" })])).hurry).toBe(true);
  });
});

describe("lineage", () => {
  it("lets children wait for parents that have a record, or that the source lists without one", () => {
    const discovered = discovery([partition("parent"), partition("child", "parent")], []);
    const todo = plan(view([], { discovered }));
    expect([names(todo.claim), names(todo.record)]).toEqual([["parent"], ["child"]]);
    expect(names(plan(view([record("child", { parents: ["parent"] }), record("parent", { owner: "other" })])).claim)).toEqual([]);
    expect(names(plan(view([record("child", { parents: ["parent"] }), record("parent", { state: "finished" })])).claim)).toEqual(["child"]);
  });

  it("does not let them wait for parents that nobody knows any more", () => {
    expect(names(plan(view([record("child", { parents: ["gone"] })])).claim)).toEqual(["child"]);
  });

  it("asks the source first when a child appeared after it was last asked: its parent may have appeared with it", () => {
    const records = [record("child", { parents: ["unknown"] })];
    expect(plan(view(records, { discovered: discovery([], []) }))).toMatchObject({ claim: [], discover: true });
    expect(plan(view(records, { discovered: undefined }))).toMatchObject({ claim: [], discover: true });
  });

  it("does not record anew what was retired after the source was asked", () => {
    const discovered = discovery([partition("a")], [record("a")]);
    expect(plan(view([], { discovered, everRecorded: new Set(["a" as PartitionId]) }))).toMatchObject({ claim: [], record: [] });
  });

  it("retires what is finished, not listed and not waited for by a child that was never read", () => {
    const done = record("done", { state: "finished" });
    const discovered = discovery([partition("listed")], [done, record("listed")]);
    expect(names(plan(view([done, record("listed", { state: "finished" })], { discovered })).retire)).toEqual(["done"]);
    const unread = record("child", { parents: ["done"], token: 0 as FencingToken });
    expect(names(plan(view([done, unread], { discovered })).retire)).toEqual([]);
    expect(names(plan(view([done, { ...unread, token: 1 as FencingToken }], { discovered })).retire)).toEqual(["done"]);
  });

  it("retires nothing that appeared after the source was asked", () => {
    expect(names(plan(view([record("a", { state: "finished" })], { discovered: discovery([], []) })).retire)).toEqual([]);
    expect(names(plan(view([record("a", { state: "finished" })], { discovered: undefined })).retire)).toEqual([]);
  });
});
