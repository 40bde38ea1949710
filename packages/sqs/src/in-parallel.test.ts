import { expect, test } from "vitest";
import { inParallel } from "./in-parallel.ts";

test("no more than the limit run at once, and results come in the items' order", async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([5, 1, 4, 2, 3], 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
    running -= 1;
    return item * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test("the first rejection rejects all", async () => {
  const failure = new Error("no");
  await expect(inParallel([1, 2, 3], 2, (item) => (item === 2 ? Promise.reject(failure) : Promise.resolve(item)))).rejects.toBe(failure);
});
