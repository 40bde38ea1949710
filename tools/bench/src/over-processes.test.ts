import { expect, test } from "vitest";
import type { Measured } from "./bar.ts";
import { overProcesses } from "./over-processes.ts";

const measured = (value: number, detail = ""): Measured => ({ name: "sync", value, spread: 0.01, detail });

test("one process answers for itself", () => {
  expect(overProcesses([[measured(2)]])).toEqual([measured(2)]);
});

test("of several, the one in the middle counts, and the spread is theirs", () => {
  expect(overProcesses([[measured(3, "c")], [measured(1, "a")], [measured(2, "b")]])).toEqual([
    { name: "sync", value: 2, spread: 0.25, detail: "c\n  a\n  b" },
  ]);
});

test("there is no answer when a process had none", () => {
  expect(overProcesses([[measured(3)], [], [measured(2)]])).toEqual([]);
});
