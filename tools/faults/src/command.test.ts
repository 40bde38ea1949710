import { expect, test } from "vitest";
import { command, type Surroundings } from "./command.ts";
import type { Outcome } from "./count-outcome.ts";
import type { PublisherRun } from "./outcome-table.ts";

const clean: Outcome = { acknowledged: 120, stored: 120, lost: 0, duplicates: 0 };
const leaky: Outcome = { acknowledged: 120, stored: 119, lost: 1, duplicates: 0 };

interface Faked extends Surroundings {
  readonly lines: string[];
  readonly tested: string[];
}

function faked(theirs: Outcome, ours: Outcome, more: Partial<Surroundings> = {}): Faked {
  const lines: string[] = [];
  const tested: string[] = [];
  const runs: readonly PublisherRun[] = [
    { name: "kafkajs", isOurs: false, run: 1, outcome: theirs },
    { name: "kafkaSink", isOurs: true, run: 1, outcome: ours },
  ];
  return {
    lines,
    tested,
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
    cannotStart: () => Promise.resolve(undefined),
    demonstration: () => Promise.resolve(runs),
    runTests: (args) => {
      tested.push(...args);
      return Promise.resolve(0);
    },
    ...more,
  };
}

const only = ["--only", "rolling-restart"];

test("what others lose is a finding, what ours loses is a failure", async () => {
  expect(await command(only, faked(leaky, clean))).toBe(0);
  expect(await command(only, faked(clean, leaky))).toBe(1);
});

test("--only rolling-restart runs no tests, and another one no demonstration", async () => {
  const demonstrated = faked(clean, clean);
  await command(only, demonstrated);
  expect(demonstrated.tested).toEqual([]);
  const tested = faked(clean, clean, { demonstration: () => Promise.reject(new Error("not asked for")) });
  expect(await command(["--only", "local"], tested)).toBe(0);
  expect(tested.tested).toContain("packages/local/src/kill.slow.test.ts");
  expect(tested.tested.join()).not.toContain("kafka");
});

test("a test that fails is a failure, and a loss of ours stays one when all tests pass", async () => {
  expect(await command([], faked(clean, clean, { runTests: () => Promise.resolve(1) }))).toBe(1);
  expect(await command([], faked(clean, leaky))).toBe(1);
});

test("where no Kafka can be started the tests run all the same, and the exit code says that something was left out", async () => {
  const around = faked(clean, clean, { cannotStart: () => Promise.resolve("No server: there is no Java.") });
  expect(await command([], around)).toBe(2);
  expect(around.lines.join("\n")).toContain("No server: there is no Java. Its faults are skipped.");
  expect(around.tested).not.toEqual([]);
});

test("an option that is not understood starts nothing", async () => {
  const around = faked(clean, clean, { demonstration: () => Promise.reject(new Error("started")) });
  expect(await command(["--only", "rabbit"], around)).toBe(2);
  expect(around.tested).toEqual([]);
  expect(around.lines.join("\n")).toContain("--only takes");
});

test("somebody who stops it is not kept waiting for the servers, and no tests begin", async () => {
  const stop = new AbortController();
  const around = faked(clean, clean, {
    signal: stop.signal,
    demonstration: () => {
      stop.abort();
      return new Promise(() => undefined);
    },
  });
  expect(await command([], around)).toBe(130);
  expect(around.tested).toEqual([]);
});
