import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeOffsets, encodeOffsets, maxDistance } from "./offset-set.ts";

const sets = fc
  .tuple(fc.nat({ max: 2 ** 40 }), fc.uniqueArray(fc.nat({ max: maxDistance - 1 }), { maxLength: 500 }))
  .map(([base, distances]) => ({ base, offsets: distances.sort((one, other) => one - other).map((distance) => base + distance) }));

test("any set of offsets is read as it was written", () => {
  fc.assert(
    fc.property(sets, ({ base, offsets }) => {
      expect(decodeOffsets(base, encodeOffsets(base, offsets))).toEqual(offsets);
    }),
  );
});

test("any set fits into a commit, also the worst", () => {
  const everyOther = Array.from({ length: maxDistance / 2 }, (_, index) => index * 2);
  expect(encodeOffsets(0, everyOther).length).toBeLessThan(3_500);
  fc.assert(
    fc.property(sets, ({ base, offsets }) => {
      expect(encodeOffsets(base, offsets).length).toBeLessThan(3_500);
    }),
  );
});

test("a few long runs take a few characters", () => {
  const runs = [...Array.from({ length: 5_000 }, (_, index) => 10 + index), 17_000];
  expect(encodeOffsets(0, runs).length).toBeLessThan(20);
});

test("offsets too far beyond the base are left out", () => {
  expect(decodeOffsets(0, encodeOffsets(0, [3, maxDistance, maxDistance + 5]))).toEqual([3]);
});

test("damage is found, or means nothing worse than another set within reach", () => {
  expect(decodeOffsets(0, "x12")).toBeUndefined();
  expect(decodeOffsets(0, `r${Buffer.from([0x80]).toString("base64url")}`)).toBeUndefined();
  expect(decodeOffsets(0, `r${Buffer.from([0, 0xff, 0xff, 0x7f]).toString("base64url")}`)).toBeUndefined();
});
