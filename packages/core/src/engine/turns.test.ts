import { expect, test } from "vitest";
import type { Feed } from "./feed.ts";
import { Turns } from "./turns.ts";

/** Feeds that always have something to start, by their priorities: who had how many of so many turns. */
function turnsOf(lowerShare: number, levels: readonly number[], count: number): readonly number[] {
  const turns = new Turns(lowerShare);
  const had = levels.map(() => 0);
  const feeds = levels.map((level) => ({ level }) as unknown as Feed);
  for (const feed of feeds) turns.add(feed);
  for (let turn = 0; turn < count; turn++) {
    const feed = turns.next();
    if (feed === undefined) throw new Error("all feeds have work");
    const at = feeds.indexOf(feed);
    had[at] = (had[at] as number) + 1;
    turns.add(feed);
  }
  return had;
}

test("feeds of one priority have turn after turn in rounds", () => {
  expect(turnsOf(0.05, [0, 0, 0], 300)).toEqual([100, 100, 100]);
});

test("a lower priority has its share of the turns while a higher one has work", () => {
  expect(turnsOf(0.05, [0, 1], 1_000)).toEqual([950, 50]);
});

test("of three priorities none starves: the middle one leaves the same share of its turns to the lowest", () => {
  expect(turnsOf(0.1, [0, 1, 2], 1_000)).toEqual([900, 90, 10]);
});

test("a lower priority that alone has work has every turn", () => {
  expect(turnsOf(0.05, [2], 100)).toEqual([100]);
});

test("where no feed waits it is nobody's turn", () => {
  const turns = new Turns(0.05);
  turns.add({ level: 1 } as unknown as Feed);
  expect(turns.next()).toMatchObject({ level: 1 });
  expect(turns.next()).toBeUndefined();
});
