import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moves, shareOut, type Loads } from "./balance.ts";

const loads = fc
  .array(fc.nat(40), { minLength: 1, maxLength: 12 })
  .map((counts): Loads => new Map(counts.map((count, index) => [`worker-${index}`, count])));

function spread(after: Loads): number {
  return Math.max(...after.values()) - Math.min(...after.values());
}

function moved(before: Loads): Loads {
  const after = new Map(before);
  for (const { from, to } of moves(before)) {
    after.set(from, (after.get(from) ?? 0) - 1);
    after.set(to, (after.get(to) ?? 0) + 1);
  }
  return after;
}

describe("moves", () => {
  it("bring all workers within one of each other", () => {
    fc.assert(
      fc.property(loads, (before) => {
        expect(spread(moved(before))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("are none when all are within one already, so that balanced workers stay quiet", () => {
    fc.assert(fc.property(loads, (before) => spread(before) > 1 || moves(before).length === 0));
    expect(
      moves(
        new Map([
          ["a", 1],
          ["b", 0],
        ]),
      ),
    ).toEqual([]);
    expect(
      moves(
        new Map([
          ["a", 2],
          ["b", 0],
        ]),
      ),
    ).toEqual([{ from: "a", to: "b" }]);
  });

  it("never take from a worker and give to the same one", () => {
    fc.assert(
      fc.property(loads, (before) => {
        const givers = new Set(moves(before).map((move) => move.from));
        expect(moves(before).filter((move) => givers.has(move.to))).toEqual([]);
      }),
    );
  });

  it("are the same for everybody, in whatever order they know the workers", () => {
    fc.assert(
      fc.property(loads, (before) => {
        expect(moves(new Map([...before].reverse()))).toEqual(moves(before));
      }),
    );
  });
});

describe("shareOut", () => {
  it("gives each free lease to the least loaded, the first by name of equals", () => {
    expect(
      shareOut(
        4,
        new Map([
          ["b", 0],
          ["a", 0],
          ["c", 2],
        ]),
      ).takers,
    ).toEqual(["a", "b", "a", "b"]);
    expect(
      shareOut(
        1,
        new Map([
          ["a", 1],
          ["b", 0],
        ]),
      ).takers,
    ).toEqual(["b"]);
  });
});
