import { expect, test } from "vitest";
import { median, spreadOf } from "./statistics.ts";

test("the median is the middle value, or half way between the two in the middle", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("the spread is half the distance of the quartiles, as a share of the median", () => {
  expect(spreadOf([2, 2, 2])).toBe(0);
  expect(spreadOf([8, 9, 10, 11, 12])).toBeCloseTo(0.1);
});
