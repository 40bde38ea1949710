import type { LogMessage, Position } from "@spillway/spec";
import { expect, test } from "vitest";
import type { Feed } from "./feed.ts";
import { PartitionProgress } from "./partition-progress.ts";

function at(position: string): LogMessage<unknown> {
  return { id: position, key: undefined, value: undefined, headers: [], timestampMs: 0, position: position as Position };
}

/** A partition whose checkpoint says that these are done beyond the watermark, and that has at most four messages between that and the newest. */
function restored(...done: readonly string[]): PartitionProgress {
  const progress = new PartitionProgress({ at: "earliest" }, 4);
  progress.restore({ state: "reading", from: { at: "earliest" }, done: done as Position[], attempting: undefined }, {} as Feed, undefined);
  return progress;
}

test("what is done is taken once", () => {
  const progress = restored("b", "d");
  expect(["a", "b", "c", "d"].map((position) => progress.takeDone(at(position)))).toEqual([false, true, false, true]);
  expect(progress.expectsDone).toBe(false);
});

test("done positions before one that was found are expected no more: the log has dropped their messages", () => {
  const progress = restored("a", "b", "d");
  expect(progress.takeDone(at("d"))).toBe(true);
  expect(progress.expectsDone).toBe(false);
});

test("done positions are expected no longer than they can come", () => {
  const progress = restored("dropped");
  for (const position of ["a", "b", "c"]) progress.takeDone(at(position));
  expect(progress.expectsDone).toBe(true);
  progress.takeDone(at("d"));
  expect(progress.expectsDone).toBe(false);
});
