import { expect, test } from "vitest";
import { OrderCheck } from "./order-check.ts";
import { makePages } from "./pages.ts";

const pages = makePages((index) => index, { messages: 8_000, keys: 2 });
// The first page of the first partition; with two keys, every other message is of the same lane.
const [first, , third, , fifth] = (pages[0]?.[0] ?? []).map(({ id }) => Number(id)) as [number, number, number, number, number];

test("messages of a lane in their order, one at a time, are right", () => {
  const check = new OrderCheck(pages);
  for (const index of [first, third, fifth]) {
    check.begin(index);
    check.end(index);
  }
  expect(() => check.begin(fifth)).not.toThrow();
});

test("a message that starts while an earlier one of its lane runs is found", () => {
  const check = new OrderCheck(pages);
  check.begin(first);
  expect(() => check.begin(third)).toThrow("was running");
});

test("a message that starts before an earlier one of its lane is found", () => {
  const check = new OrderCheck(pages);
  check.begin(first);
  check.end(first);
  expect(() => check.begin(fifth)).toThrow(`after ${first}`);
});
