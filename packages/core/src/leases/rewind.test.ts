import { describe, expect, it } from "vitest";
import {
  SpillwayError,
  type Checkpoint,
  type Coordination,
  type FencingToken,
  type Lease,
  type LeaseRecord,
  type LogSource,
  type MessageCount,
  type Partition,
  type PartitionId,
  type Position,
  type StartPosition,
} from "@spillway/spec";
import { memoryCheckpoints, memoryLeases } from "@spillway/memory";
import { virtualClock, type VirtualClock } from "../testing/virtual-clock.ts";
import { leaseAssigner } from "./lease-assigner.ts";
import type { LeaseEvent } from "./lease-event.ts";
import { rewind, type Rewound, type RewoundPartition } from "./rewind.ts";
import type { RewindTarget } from "./rewind-target.ts";
import { faultyLeaseStore, type FaultyLeaseStore } from "./testing/faulty-lease-store.ts";

const never = new AbortController().signal;
const scope = "charges/orders";
const leaseDurationMs = 10_000;
const earliest = { at: "earliest" } as const;

interface Fixture {
  readonly clock: VirtualClock;
  readonly leases: FaultyLeaseStore;
  readonly source: LogSource<unknown>;
  readonly partitions: Partition[];
  record(partition: string): LeaseRecord | undefined;
  /** Writes a lease record as a worker left it. */
  left(partition: string, how?: Partial<LeaseRecord>): Promise<void>;
  save(partition: string, checkpoint: Checkpoint): Promise<void>;
  saved(partition: string): Promise<Checkpoint | undefined>;
  /** What the source answers when it is asked how many messages lie between two places; an error to fail with. */
  count: (partition: string, from: StartPosition, until: StartPosition) => MessageCount | Error;
  /** Runs the rewind to its end in virtual time. */
  rewound(to: RewindTarget): Promise<Rewound>;
  /** The same; resolves to its partitions, or to what it rejected with. */
  rewind(to: RewindTarget, signal?: AbortSignal): Promise<readonly RewoundPartition[] | SpillwayError>;
}

function fixture(coordination?: Coordination): Fixture {
  const clock = virtualClock();
  const leases = faultyLeaseStore(clock, 4);
  const checkpoints = memoryCheckpoints();
  const partitions: Partition[] = [];
  const source: LogSource<unknown> = {
    kind: "log",
    name: "orders",
    traits: { kind: "log", keys: true },
    coordination: coordination ?? { by: "leases", consumer: "charges", leases, checkpoints },
    partitions: async () => partitions,
    read: () => {
      throw new Error("rewinding reads nothing");
    },
    async count(partition, { from, until }) {
      const counted = made.count(partition, from, until);
      if (counted instanceof Error) throw counted;
      return counted;
    },
    original: () => ({ key: undefined, payload: null }),
  };
  const record = (partition: string): LeaseRecord | undefined => leases.records(scope).find((one) => one.partition === partition);
  const token = (partition: string): FencingToken => (record(partition)?.token ?? 0) as FencingToken;
  async function settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const outcome = Promise.allSettled([promise]).finally(() => {
      isSettled = true;
    });
    await clock.runUntil(() => isSettled);
    await outcome;
    return promise;
  }
  const made: Fixture = {
    clock,
    leases,
    source,
    partitions,
    record,
    async left(partition, how = {}) {
      const id = partition as PartitionId;
      if (!partitions.some((one) => one.id === id)) partitions.push({ id, parents: how.parents ?? [] });
      const written: LeaseRecord = {
        partition: id,
        parents: [],
        version: (record(partition)?.version ?? 0) + 1,
        token: 4 as FencingToken,
        owner: undefined,
        durationMs: leaseDurationMs,
        wantedBy: undefined,
        state: "open",
        start: { at: "latest" },
        ...how,
      };
      await settled(leases.compareAndSet(scope, record(partition)?.version, written, { signal: never }));
    },
    async save(partition, checkpoint) {
      await checkpoints.save({ scope, partition: partition as PartitionId }, checkpoint, token(partition), { signal: never });
    },
    saved: (partition) => checkpoints.load({ scope, partition: partition as PartitionId }, token(partition), { signal: never }),
    count: () => ({ is: "unknown", reason: "not asked" }),
    rewound: (to) => settled(rewind(source, to, { signal: never, clock, leaseDurationMs })),
    rewind: (to, signal = never) =>
      settled(
        rewind(source, to, { signal, clock, leaseDurationMs }).then(
          ({ partitions: rewound }) => rewound,
          (error: unknown) => error as SpillwayError,
        ),
      ),
  };
  return made;
}

function reading(position: string): Checkpoint {
  return { state: "reading", from: { at: "after", position: position as Position }, done: ["9" as Position], attempting: undefined };
}

describe("rewind", () => {
  it("replaces every checkpoint under a token of its own and releases the leases clean, at once when nobody holds one", async () => {
    const { clock, left, save, rewind: rewinding, saved, record } = fixture();
    await left("a");
    await left("b");
    await save("a", reading("7"));
    const beganAtMs = clock.nowMs();
    expect(await rewinding(earliest)).toEqual([
      { partition: "a", from: earliest, before: reading("7"), reopened: false, redelivered: { is: "unknown", reason: "not asked" } },
      { partition: "b", from: earliest, before: undefined, reopened: false, redelivered: { is: "exactly", messages: 0 } },
    ]);
    expect(clock.nowMs() - beganAtMs).toBeLessThan(100);
    for (const partition of ["a", "b"]) {
      expect(await saved(partition)).toEqual({ state: "reading", from: earliest, done: [], attempting: undefined });
      expect(record(partition)).toMatchObject({ token: 5, owner: undefined, wantedBy: undefined, state: "open" });
    }
    expect(clock.pending).toBe(0);
  });

  it("says how many messages will be given again: those up to the watermark, and those done beyond it", async () => {
    const made = fixture();
    await made.left("a");
    await made.left("b", { state: "finished" });
    await made.left("c");
    await made.save("a", reading("7"));
    await made.save("b", { state: "finished" });
    const asked: unknown[] = [];
    made.count = (partition, from, until) => {
      asked.push([partition, from, until]);
      return { is: "exactly", messages: partition === "a" ? 8 : 20 };
    };
    const { partitions, redelivered } = await made.rewound(earliest);
    expect(asked).toEqual([
      ["a", earliest, { at: "after", position: "7" }],
      ["b", earliest, { at: "latest" }],
    ]);
    expect(partitions.map((each) => each.redelivered)).toEqual([
      { is: "exactly", messages: 9 },
      { is: "exactly", messages: 20 },
      { is: "exactly", messages: 0 },
    ]);
    expect(redelivered).toEqual({ is: "exactly", messages: 29 });
  });

  it("calls a count an upper bound where the source gives one, or where what was done beyond the watermark may lie before the target", async () => {
    const made = fixture();
    await made.left("a");
    await made.left("b");
    for (const partition of ["a", "b"]) await made.save(partition, reading("7"));
    made.count = (partition) => (partition === "a" ? { is: "at most", messages: 3 } : { is: "exactly", messages: 0 });
    const { partitions, redelivered } = await made.rewound(earliest);
    expect(partitions.map((each) => each.redelivered)).toEqual([
      { is: "at most", messages: 4 },
      { is: "at most", messages: 1 },
    ]);
    expect(redelivered).toEqual({ is: "at most", messages: 5 });
  });

  it("rewinds what cannot be counted as well, and says why it does not know", async () => {
    const made = fixture();
    await made.left("a");
    await made.left("b");
    await made.save("a", reading("7"));
    await made.save("b", reading("7"));
    made.count = (partition) =>
      partition === "a" ? new SpillwayError("odd", { code: "SPILLWAY_FORMAT", failureClass: "fatal" }) : { is: "exactly", messages: 2 };
    const { partitions, redelivered } = await made.rewound(earliest);
    expect(partitions.map((each) => each.redelivered)).toEqual([
      { is: "unknown", reason: "They could not be counted: odd" },
      { is: "exactly", messages: 3 },
    ]);
    expect(redelivered).toEqual({ is: "unknown", reason: "They could not be counted: odd" });
    expect(await made.saved("a")).toMatchObject({ from: earliest });
    expect(made.record("a")).toMatchObject({ owner: undefined });
  });

  it("refuses while a worker runs, and changes nothing", async () => {
    const { clock, leases, source, left, rewind: rewinding, record } = fixture();
    await left("a");
    const stop = new AbortController();
    const events: LeaseEvent[] = [];
    const assigner = leaseAssigner({ store: leases, scope, source, worker: "live", clock, report: (event) => events.push(event) });
    const iterator = assigner.leases({ start: earliest, signal: stop.signal })[Symbol.asyncIterator]();
    const first = iterator.next();
    await clock.runUntil(() => events.length > 0);
    const lease = (await first).value as Lease;
    const outcome = await rewinding(earliest);
    expect(outcome).toMatchObject({ code: "SPILLWAY_CONFLICT" });
    expect((outcome as SpillwayError).message).toContain("live#");
    expect(record("a")).toMatchObject({ token: 5, owner: expect.stringMatching(/^live#/) as string });
    stop.abort();
    const released = lease.release("drained", { signal: never });
    await clock.advance(leaseDurationMs);
    await released;
    expect(await rewinding(earliest)).toMatchObject([{ partition: "a" }]);
  });

  it("goes on after a worker that died, once its lease was silent for longer than it lasts", async () => {
    const { clock, left, rewind: rewinding, record } = fixture();
    await left("a", { owner: "dead", durationMs: 20_000 });
    const beganAtMs = clock.nowMs();
    expect(await rewinding(earliest)).toMatchObject([{ partition: "a" }]);
    expect(clock.nowMs() - beganAtMs).toBeGreaterThan(20_000);
    expect(record("a")).toMatchObject({ token: 5, owner: undefined });
  });

  it("refuses when a worker starts in between, and releases what it had claimed", async () => {
    const { leases, left, save, saved, rewind: rewinding, record } = fixture();
    await left("a");
    await left("b");
    await save("a", reading("7"));
    await save("b", reading("8"));
    let claims = 0;
    leases.fault = (call, written) => {
      // The worker's claim of b comes with the first claim of ours, and is faster.
      if (call !== "compareAndSet" || written?.owner?.startsWith("rewind#") !== true || claims++ > 0) return undefined;
      const b = record("b") as LeaseRecord;
      const fast = { ...b, version: b.version + 1, token: (b.token + 1) as FencingToken, owner: "fast" };
      void leases.compareAndSet(scope, b.version, fast, { signal: never });
      return undefined;
    };
    expect(await rewinding(earliest)).toMatchObject({ code: "SPILLWAY_CONFLICT" });
    expect(record("a")?.owner).toBeUndefined();
    expect(record("b")?.owner).toBe("fast");
    expect([await saved("a"), await saved("b")]).toEqual([reading("7"), reading("8")]);
  });

  it("keeps workers out until all checkpoints are replaced", async () => {
    const { clock, leases, source, partitions, left, rewind: rewinding } = fixture();
    const ids = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for (const id of ids) await left(id);
    const events: LeaseEvent[] = [];
    const stop = new AbortController();
    let saves = 0;
    const gainedAfter: number[] = [];
    const { coordination } = source;
    if (coordination.by === "provider") throw new Error("the fixture has leases");
    const save = coordination.checkpoints.save.bind(coordination.checkpoints);
    coordination.checkpoints.save = async (...call) => {
      await new Promise<void>((resolve) => void clock.schedule(1_500, resolve));
      saves++;
      return save(...call);
    };
    const report = (event: LeaseEvent): void => {
      events.push(event);
      if (event.type === "lease-gained") gainedAfter.push(saves);
    };
    leases.fault = (call, written) => {
      if (call === "compareAndSet" && written?.owner?.startsWith("rewind#") === true && events.length === 0) {
        const late = leaseAssigner({
          store: leases,
          scope,
          source: { name: "orders", partitions: async () => partitions },
          worker: "late",
          clock,
          report,
        });
        events.push({ type: "partition-retired", partition: "marks the start" as PartitionId });
        void late.leases({ start: earliest, signal: stop.signal })[Symbol.asyncIterator]().next();
      }
      return undefined;
    };
    expect(await rewinding(earliest)).toHaveLength(ids.length);
    await clock.advance(3 * leaseDurationMs);
    stop.abort();
    // Saving took longer than a lease lasts.
    expect(gainedAfter).toEqual(ids.map(() => ids.length));
  });

  it("reads finished partitions again that the source still lists, before their children", async () => {
    const { left, save, saved, partitions, rewind: rewinding, record } = fixture();
    await left("parent", { state: "finished" });
    await left("gone", { state: "finished" });
    await left("child", { parents: ["parent" as PartitionId] });
    partitions.splice(1, 1);
    await save("parent", { state: "finished" });
    await save("gone", { state: "finished" });
    const from = { at: "timestamp", timestampMs: 5 } as const;
    expect(await rewinding(from)).toMatchObject([
      { partition: "child", reopened: false },
      { partition: "parent", reopened: true, before: { state: "finished" } },
    ]);
    expect(record("parent")).toMatchObject({ state: "open", owner: undefined });
    expect(await saved("parent")).toMatchObject({ state: "reading", from });
    expect(record("gone")?.state).toBe("finished");
    expect(await saved("gone")).toEqual({ state: "finished" });
  });

  it("leaves finished partitions finished when it skips to the latest", async () => {
    const { left, rewind: rewinding, record } = fixture();
    await left("parent", { state: "finished" });
    await left("child");
    expect(await rewinding({ at: "latest" })).toMatchObject([{ partition: "child", from: { at: "latest" } }]);
    expect(record("parent")?.state).toBe("finished");
  });

  it("rewinds only the partitions that a Map names, each to its own position", async () => {
    const { left, save, saved, rewind: rewinding } = fixture();
    await left("a");
    await left("b");
    await save("b", reading("8"));
    const from = { at: "after", position: "3" as Position } as const;
    expect(await rewinding(new Map([["a" as PartitionId, from]]))).toMatchObject([{ partition: "a", from }]);
    expect(await saved("a")).toMatchObject({ from });
    expect(await saved("b")).toEqual(reading("8"));
  });

  it("rewinds partitions that were never read as well", async () => {
    const { left, partitions, saved, rewind: rewinding, record } = fixture();
    await left("a");
    partitions.push({ id: "new" as PartitionId, parents: [] });
    expect(await rewinding(earliest)).toMatchObject([{ partition: "a" }, { partition: "new", before: undefined }]);
    expect(await saved("new")).toMatchObject({ from: earliest });
    expect(record("new")).toMatchObject({ owner: undefined, state: "open" });
  });

  it("recognises its own claims when their answers are lost, and repeats what failed", async () => {
    for (const fault of ["answer lost", "applied twice", "refused"] as const) {
      const { leases, left, rewind: rewinding, record, saved } = fixture();
      await left("a");
      await left("b");
      let faults = 0;
      leases.fault = () => (faults++ % 3 === 0 ? fault : undefined);
      expect(await rewinding(earliest)).toMatchObject([{ partition: "a" }, { partition: "b" }]);
      expect([record("a")?.owner, record("b")?.owner]).toEqual([undefined, undefined]);
      expect(await saved("b")).toMatchObject({ from: earliest });
    }
  });

  it("gives up with the store's error when that does not pass, holding nothing for longer than a lease", async () => {
    const { clock, leases, left, rewind: rewinding } = fixture();
    await left("a");
    leases.error = new SpillwayError("down", { code: "SPILLWAY_STORE_UNAVAILABLE" });
    expect(await rewinding(earliest)).toMatchObject({ code: "SPILLWAY_STORE_UNAVAILABLE" });
    await clock.advance(leaseDurationMs);
    expect(clock.pending).toBe(0);
  });

  it("ends when its signal aborts", async () => {
    const { clock, left, rewind: rewinding } = fixture();
    await left("a", { owner: "silent" });
    const stop = new AbortController();
    clock.schedule(3_000, () => stop.abort("enough"));
    expect(await rewinding(earliest, stop.signal)).toBe("enough");
    expect(clock.pending).toBe(0);
  });

  it("refuses what cannot be meant", async () => {
    const unknown = fixture();
    expect(await unknown.rewind(earliest)).toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
    const known = fixture();
    await known.left("a");
    expect(await known.rewind({ at: "after", position: "3" as Position })).toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
    expect(await known.rewind(new Map([["z" as PartitionId, earliest]]))).toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
  });

  it("leaves a consumer whose provider keeps the checkpoints to the provider's tools", async () => {
    const assigner = leaseAssigner({
      store: memoryLeases(),
      scope,
      source: { name: "orders", partitions: async () => [] },
      worker: "w",
      clock: virtualClock(),
      report: () => undefined,
    });
    const group = fixture({ by: "provider", consumer: "charges", assigner, checkpoints: memoryCheckpoints() });
    const outcome = await group.rewind(earliest);
    expect(outcome).toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS" });
    expect((outcome as SpillwayError).message).toContain("provider");
  });
});
