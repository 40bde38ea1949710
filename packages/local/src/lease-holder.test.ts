import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { hasEnded, parseHolder, thisProcess } from "./lease-holder.ts";

const { pid: endedPid } = spawnSync(process.execPath, ["--version"]);

test("this process runs, and one that has ended has ended", () => {
  expect(hasEnded(thisProcess())).toBe(false);
  expect(hasEnded({ ...thisProcess(), pid: endedPid, started: "1" })).toBe(true);
});

test.skipIf(process.platform !== "linux")("a process that has the number of an earlier one is not taken for it", () => {
  expect(hasEnded({ ...thisProcess(), started: "1" })).toBe(true);
});

test("a process that cannot be judged from here counts as running", () => {
  expect(hasEnded({ pid: endedPid, started: "1", realm: "another machine's, or another container's" })).toBe(false);
});

test("a holder survives JSON, and anything else is none", () => {
  expect(parseHolder(JSON.parse(JSON.stringify(thisProcess())))).toEqual(thisProcess());
  expect([undefined, null, 1, {}, { pid: "1" }].map(parseHolder)).toEqual(new Array(5).fill(undefined));
});
