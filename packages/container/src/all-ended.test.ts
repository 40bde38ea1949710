import { expect, test } from "vitest";
import { allEnded } from "./all-ended.ts";

test("values come in the order of the work", async () => {
  expect(await allEnded([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});

test("a failure waits for what is still under way", async () => {
  let finish: (value: number) => void = () => undefined;
  const slow = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const seen: string[] = [];
  const all = allEnded([Promise.reject(new Error("first")), slow]).catch((error: unknown) => seen.push(String(error)));
  void slow.then(() => seen.push("slow has ended"));
  finish(1);
  await all;
  expect(seen).toEqual(["slow has ended", "Error: first"]);
});
