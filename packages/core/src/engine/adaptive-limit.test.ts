import { expect, test } from "vitest";
import { AdaptiveLimit } from "./adaptive-limit.ts";

test("work that was too much halves the limit, down to one and no further", () => {
  const limit = new AdaptiveLimit(20);
  const seen = [limit.now];
  for (let time = 0; time < 6; time++) {
    limit.tooMuch(limit.now);
    seen.push(limit.now);
  }
  expect(seen).toEqual([20, 10, 5, 2, 1, 1, 1]);
});

test("a limit is half of what was too much, and larger work that fails later does not raise it", () => {
  const limit = new AdaptiveLimit(100);
  limit.tooMuch(8);
  expect(limit.now).toBe(4);
  limit.tooMuch(50);
  expect(limit.now).toBe(4);
});

test("a limit grows back by a tenth, at least one, with each full success, and never beyond its maximum", () => {
  const limit = new AdaptiveLimit(25);
  for (const size of [24, 12, 6, 3, 1]) limit.tooMuch(size);
  expect(limit.now).toBe(1);
  const seen: number[] = [];
  for (let time = 0; time < 24; time++) {
    limit.wentWell(limit.now);
    seen.push(limit.now);
  }
  expect(seen).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 25, 25, 25]);
});

test("a success with less than the limit proves nothing, and leaves it", () => {
  const limit = new AdaptiveLimit(20);
  limit.tooMuch(20);
  limit.wentWell(9);
  expect(limit.now).toBe(10);
});
