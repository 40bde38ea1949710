import fc from "fast-check";
import { expect, test } from "vitest";
import { hashOf, LaneTable } from "./lane-table.ts";

test("a lane is found by its key until it is removed", () => {
  const table = new LaneTable();
  const lane = table.add("a", hashOf("a"), 7);
  expect(table.find("a", hashOf("a"))).toBe(lane);
  expect(table.last(lane)).toBe(7);
  table.remove(lane);
  expect(table.find("a", hashOf("a"))).toBe(-1);
  expect(table.size).toBe(0);
});

test("keys whose hashes are equal have lanes of their own", () => {
  const table = new LaneTable();
  const lanes = ["a", "b", "c"].map((key, index) => table.add(key, 5, index));
  table.remove(lanes[1] as number);
  expect(table.find("b", 5)).toBe(-1);
  expect(table.last(table.find("a", 5))).toBe(0);
  expect(table.last(table.find("c", 5))).toBe(2);
});

test("it holds what a Map would hold, whatever comes and goes", () => {
  const step = fc.record({ key: fc.integer({ min: 0, max: 40 }), last: fc.nat() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const table = new LaneTable(4);
      const model = new Map<string, { readonly lane: number; last: number }>();
      for (const { key: number, last } of steps) {
        const key = `key-${number}`;
        // Few hashes, so that lanes share buckets.
        const hash = hashOf(key) % 7;
        const known = model.get(key);
        if (known === undefined) model.set(key, { lane: table.add(key, hash, last), last });
        else if (last % 2 === 0) {
          table.remove(known.lane);
          model.delete(key);
        } else {
          table.setLast(known.lane, last);
          known.last = last;
        }
        for (const [each, { lane, last: kept }] of model) {
          expect(table.find(each, hashOf(each) % 7)).toBe(lane);
          expect(table.last(lane)).toBe(kept);
        }
        expect(table.size).toBe(model.size);
      }
    }),
  );
});

test("the hash is a small integer, and a long key's depends on its end", () => {
  const long = "x".repeat(1_000);
  expect(hashOf(`${long}a`)).not.toBe(hashOf(`${long}b`));
  for (const key of ["", "a", "žluťoučký kůň", long]) {
    expect(hashOf(key)).toBeGreaterThanOrEqual(0);
    expect(hashOf(key)).toBeLessThan(2 ** 30);
  }
});
