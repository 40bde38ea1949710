import { expect, test } from "vitest";
import { keyOf, within } from "./keys.ts";

test("keys sort as their numbers do", () => {
  const numbers = [0, 1, 255, 256, 65_536, 2 ** 32, 2 ** 47, 2 ** 48 - 1];
  const keys = numbers.map((n) => keyOf("block", { u32: 7 }, { u48: n }));
  expect(keys.toSorted(Buffer.compare)).toEqual(keys);
});

test("no text runs into the part that follows it", () => {
  expect(keyOf("lease", { text: "a" }, { rest: "bc" }).equals(keyOf("lease", { text: "ab" }, { rest: "c" }))).toBe(false);
  expect(keyOf("lease", { text: "a\0" }, { rest: "b" }).equals(keyOf("lease", { text: "a" }, { rest: "\0b" }))).toBe(false);
});

test("the bounds of a prefix hold what begins with it and nothing else", () => {
  const prefix = keyOf("block", { u32: 0xffff_ffff });
  const { from, until } = within(prefix);
  const inside = keyOf("block", { u32: 0xffff_ffff }, { u48: 2 ** 48 - 1 });
  const outside = keyOf("queue", { u32: 0 });
  expect(Buffer.compare(from, inside)).toBeLessThanOrEqual(0);
  expect(Buffer.compare(inside, until)).toBeLessThan(0);
  expect(Buffer.compare(until, outside)).toBeLessThanOrEqual(0);
});
