import { afterEach, expect, test, vi } from "vitest";
import { answered } from "../client/kafka-error.ts";
import type { KafkaPort } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { fakePort, unused } from "../testing/fake-port.ts";
import { groupMember, type GroupMember } from "./group-member.ts";
import type { HeldLease } from "./held-lease.ts";
import { decodeSubscription, type Subscription } from "./member-messages.ts";

const soon = { timeout: 9_000 };

const calls = { signal: new AbortController().signal };

/** A group of one member and a topic of one partition, with offset 7 committed. */
function group(port: Partial<KafkaPort>, heartbeatIntervalMs = 1) {
  const joins: (Subscription & { readonly memberId: string })[] = [];
  const leases: HeldLease[] = [];
  const commits: number[] = [];
  let questions = 0;
  const whole = fakePort({
    coordinator: () => Promise.resolve(1),
    joinGroup(_broker, { memberId, metadata }) {
      joins.push({ memberId, ...decodeSubscription(metadata) });
      return Promise.resolve({ generation: joins.length, memberId: "m", leaderId: "m", members: [{ memberId: "m", metadata }] });
    },
    syncGroup: (_broker, _groupId, _stamp, [mine]) => Promise.resolve(mine?.assignment ?? Buffer.alloc(0)),
    heartbeat: () => Promise.resolve(),
    leaveGroup: () => Promise.resolve(),
    committed(_broker, _groupId, partitions) {
      questions += 1;
      return Promise.resolve(partitions.map((at) => ({ ...at, offset: 7, metadata: "" })));
    },
    commit(_broker, _groupId, _stamp, some) {
      commits.push(...some.map(({ offset }) => offset));
      return Promise.resolve();
    },
    ...port,
  });
  const topic = { topic: "orders", id: undefined, isInternal: false, error: undefined, partitions: [{ partition: 0, leader: 1 }] };
  const directory: TopicDirectory = {
    start: () => Promise.resolve(),
    refresh: () => Promise.resolve(),
    topics: () => [topic],
    id: () => undefined,
    problem: () => undefined,
    leader: () => 1,
  };
  const timing = { sessionTimeoutMs: 15_000, rebalanceTimeoutMs: 60_000, drainTimeoutMs: 30_000, metadataMaxAgeMs: 600_000 };
  const options = {
    groupId: "g",
    start: { at: "earliest" },
    transactions: undefined,
    warn: unused,
    heartbeatIntervalMs,
    ...timing,
  } as const;
  const member: GroupMember = groupMember(whole, whole, directory, options);
  const stop = new AbortController();
  const ended = member.run((lease) => leases.push(lease), { signal: stop.signal });
  return {
    member,
    joins,
    leases,
    commits,
    questions: () => questions,
    async leave() {
      stop.abort();
      for (const lease of leases) if (lease.status !== "gone") await member.release(lease, calls);
      await ended;
    },
  };
}

/** A heartbeat that is answered with an error once a lease is held, and never again. */
function onceHeld(held: () => boolean, type: string): KafkaPort["heartbeat"] {
  let isOver = false;
  return () => {
    if (isOver || !held()) return Promise.resolve();
    isOver = true;
    return Promise.reject(answered(type, "a heartbeat", false));
  };
}

afterEach(() => {
  vi.useRealTimers();
});

test("T12: heartbeats go on in their interval while nobody reads what is held", async () => {
  vi.useFakeTimers();
  let heartbeats = 0;
  const { leases, joins, leave } = group(
    {
      heartbeat() {
        heartbeats += 1;
        return Promise.resolve();
      },
    },
    1_000,
  );
  await vi.advanceTimersByTimeAsync(60_000);
  expect([leases.length, joins.length]).toEqual([1, 1]);
  expect(heartbeats).toBeGreaterThanOrEqual(59);
  await leave();
});

test("T4: a partition that stays where it is is not acquired again by a rebalance", async () => {
  const { leases, joins, questions, leave } = group({ heartbeat: onceHeld(() => leases.length > 0, "REBALANCE_IN_PROGRESS") });
  await expect.poll(() => leases.length, soon).toBe(1);
  const asked = questions();
  await expect.poll(() => joins.length, soon).toBe(2);
  expect(joins[1]?.owned).toEqual([{ topic: "orders", partition: 0 }]);
  await leave();
  expect([leases.length, questions()]).toEqual([1, asked]);
});

test("T5: a member that the group has given up loses its partitions at once, commits nothing more for them, and joins as a new one", async () => {
  const { member, leases, joins, commits, leave } = group({ heartbeat: onceHeld(() => leases.length > 0, "UNKNOWN_MEMBER_ID") });
  await expect.poll(() => leases.length, soon).toBe(2);
  const [old, next] = leases as [HeldLease, HeldLease];
  expect(old.lost.signal.aborted).toBe(true);
  expect(joins.map(({ memberId, owned }) => [memberId, owned])).toEqual([
    ["", []],
    ["", []],
  ]);
  expect(next.token).toBeGreaterThan(old.token);
  await expect(member.commit(old, { offset: 50, metadata: old.committed.metadata }, calls)).rejects.toMatchObject({
    code: "SPILLWAY_LEASE_LOST",
  });
  await leave();
  expect(commits).not.toContain(50);
});

test("T34: a stop while the group is being joined ends the member at once", async () => {
  let isJoining = false;
  const { leave, leases } = group({
    joinGroup: (_broker, _request, { signal }) =>
      new Promise((_, reject) => {
        isJoining = true;
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  });
  await expect.poll(() => isJoining, soon).toBe(true);
  await leave();
  expect(leases).toEqual([]);
});

test("T36: whatever asks to join again, one join is under way at a time", async () => {
  let underWay = 0;
  let most = 0;
  let commits = 0;
  const fails = (type: string): Promise<never> => Promise.reject(answered(type, "a test", false));
  const { member, joins, leases, leave } = group({
    heartbeat: () => (joins.length === 3 ? fails("REBALANCE_IN_PROGRESS") : Promise.resolve()),
    async syncGroup(_broker, _groupId, _stamp, [mine]) {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return mine?.assignment ?? Buffer.alloc(0);
    },
    // The first marks the partition as held.
    commit: () => (commits++ > 0 && joins.length < 6 ? fails("ILLEGAL_GENERATION") : Promise.resolve()),
  });
  await expect.poll(() => leases.length, soon).toBe(1);
  const [lease] = leases as [HeldLease];
  await member.commit(lease, { offset: 8, metadata: lease.committed.metadata }, calls);
  expect(joins.length).toBeGreaterThanOrEqual(6);
  expect([most, leases.length]).toEqual([1, 1]);
  await leave();
});
