import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TopicPartition } from "../client/kafka-port.ts";
import { partitionId } from "../partition-id.ts";
import { assign, type Member } from "./assign.ts";

function partitionsOf(topic: string, count: number): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

function member(memberId: string, owned: readonly TopicPartition[] = [], more: Partial<Member> = {}): Member {
  return { memberId, topics: ["t"], owned, draining: [], generation: 1, stopping: false, ...more };
}

function counts(assignments: ReadonlyMap<string, readonly TopicPartition[]>): readonly number[] {
  return [...assignments.values()].map(({ length }) => length);
}

describe("sharing partitions out", () => {
  test("partitions that nobody has are spread evenly", () => {
    expect(counts(assign([member("a"), member("b"), member("c")], partitionsOf("t", 8)))).toEqual([3, 3, 2]);
  });

  test("a partition that must move is given to nobody until its owner has given it back", () => {
    const all = partitionsOf("t", 4);
    const first = assign([member("a", all), member("b", [], { generation: -1 })], all);
    expect(counts(first)).toEqual([2, 0]);
    const second = assign([member("a", first.get("a"), { generation: 2 }), member("b", [], { generation: 2 })], all);
    expect(counts(second)).toEqual([2, 2]);
    expect(second.get("a")).toEqual(first.get("a"));
  });

  test("what a member is giving back is not given to it again, nor to anybody else yet", () => {
    const [kept, moving] = partitionsOf("t", 2) as [TopicPartition, TopicPartition];
    const assignments = assign([member("a", [kept], { draining: [moving] }), member("b")], [kept, moving]);
    expect(assignments.get("a")).toEqual([kept]);
    expect(assignments.get("b")).toEqual([]);
  });

  test("a stopping member gets nothing new and keeps what it has until it has given it back", () => {
    const all = partitionsOf("t", 2);
    const assignments = assign([member("a", all, { stopping: true }), member("b")], all);
    expect(counts(assignments)).toEqual([0, 0]);
  });

  test("of two that claim a partition the one with the newer generation is believed", () => {
    const [only] = partitionsOf("t", 1) as [TopicPartition];
    const assignments = assign([member("old", [only], { generation: 3 }), member("new", [only], { generation: 4 })], [only]);
    expect(assignments.get("new")).toEqual([only]);
    expect(assignments.get("old")).toEqual([]);
  });

  test("T21: members get only partitions of topics that they asked for", () => {
    const assignments = assign([member("a"), member("b", [], { topics: ["u"] })], [...partitionsOf("t", 4), ...partitionsOf("u", 1)]);
    expect(assignments.get("a")).toEqual(partitionsOf("t", 4));
    expect(assignments.get("b")).toEqual(partitionsOf("u", 1));
  });

  test("T18: in any history no partition has two owners, none that moves skips a round, and after few rounds all are shared out evenly", () => {
    const histories = fc.array(fc.record({ joins: fc.nat({ max: 3 }), leaves: fc.nat({ max: 2 }) }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(histories, fc.integer({ min: 1, max: 20 }), (history, count) => {
        const all = partitionsOf("t", count);
        let members: Member[] = [];
        let names = 0;
        for (const { joins, leaves } of history) {
          members = members.slice(Math.min(leaves, members.length));
          for (let join = 0; join < joins; join += 1) members.push(member(`m${names++}`, [], { generation: -1 }));
          if (members.length === 0) continue;
          for (let round = 0; round < 3; round += 1) {
            const before = new Map(members.flatMap(({ memberId, owned }) => owned.map((one) => [partitionId(one), memberId] as const)));
            const assignments = assign(members, all);
            const given = [...assignments].flatMap(([memberId, some]) => some.map((one) => [partitionId(one), memberId] as const));
            expect(new Set(given.map(([id]) => id)).size).toBe(given.length);
            for (const [id, memberId] of given) expect(before.get(id) ?? memberId).toBe(memberId);
            members = members.map((one) => ({ ...one, owned: assignments.get(one.memberId) ?? [], generation: one.generation + 1 }));
          }
          const sizes = members.map(({ owned }) => owned.length);
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
