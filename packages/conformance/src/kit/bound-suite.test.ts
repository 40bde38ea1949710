import { SpillwayError } from "@spillway/spec";
import { expect, test } from "vitest";
import { bindSuite } from "./bound-suite.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { ConformanceFailure } from "./conformance-failure.ts";
import type { Closable, Harness } from "./harness.ts";

type Need = "one" | "other";
type Case = ConformanceCase<Closable, Need>;

const deadlineMs = 50;

function bound(run: Case["run"], changes: Partial<Harness<Closable, Need>> = {}, needs: readonly Need[] = []) {
  const suite = { name: "suite", cases: [{ name: "case", proves: "It works.", guarantee: "G1" as const, needs, run }] };
  const harness = { name: "subject", deadlineMs, lacks: {}, open: async () => ({ close: async () => undefined }), ...changes };
  const [only] = bindSuite<Closable, Need>(suite, harness).cases;
  if (only === undefined) throw new Error("a suite of one case has one case");
  return only;
}

test("a case is skipped with the reasons of all that it needs and its harness lacks", () => {
  const lacks = { one: "no one", other: "no other" };
  expect(bound(async () => undefined, { lacks }, ["one", "other"]).skip).toBe("no one; no other");
  expect(bound(async () => undefined, { lacks: { other: "no other" } }, ["one"]).skip).toBeUndefined();
});

test("a case that waits for what never comes fails at its deadline and says what it waited for", async () => {
  const { run } = bound(async (_subject, { within }) => within("a miracle", new Promise(() => undefined)));
  await expect(run()).rejects.toThrow(/^a miracle: expected 'it within 50 ms'/);
});

test("a subject that answers at once for ever does not keep a case from its deadline", async () => {
  const { run } = bound(async (_subject, { within }) => {
    for (;;) await within("the end", Promise.resolve());
  });
  await expect(run()).rejects.toThrow(ConformanceFailure);
});

test("until asks again until its probe is true, and no longer than the deadline", async () => {
  let asked = 0;
  await expect(bound((_subject, { until }) => until("three", () => (asked += 1) === 3)).run()).resolves.toBeUndefined();
  expect(asked).toBe(3);
  await expect(bound((_subject, { until }) => until("never", () => false)).run()).rejects.toThrow(/^never/);
});

test("what a subject rejects with fails the case, as the cause", async () => {
  const rejection = new SpillwayError("no", { code: "SPILLWAY_FORMAT" });
  await expect(bound(() => Promise.reject(rejection)).run()).rejects.toMatchObject({ code: "SPILLWAY_CONFORMANCE", cause: rejection });
});

test("a subject is closed once, after a case that passed and after one that failed", async () => {
  let closed = 0;
  const open = async (): Promise<Closable> => ({
    close: async () => {
      closed += 1;
    },
  });
  await bound(async () => undefined, { open }).run();
  expect(closed).toBe(1);
  await expect(bound(() => Promise.reject(new Error("no")), { open }).run()).rejects.toThrow(ConformanceFailure);
  expect(closed).toBe(2);
});

test("the signal of a case is aborted before its subject is closed", async () => {
  let signal: AbortSignal | undefined;
  let abortedAtClose: boolean | undefined;
  const open = async (): Promise<Closable> => ({
    close: async () => {
      abortedAtClose = signal?.aborted;
    },
  });
  await bound(async (_subject, context) => void (signal = context.signal), { open }).run();
  expect(abortedAtClose).toBe(true);
});

test("a subject that cannot be closed fails the case, unless the case has failed already", async () => {
  const open = async (): Promise<Closable> => ({ close: () => Promise.reject(new Error("stuck")) });
  await expect(bound(async () => undefined, { open }).run()).rejects.toThrow("stuck");
  await expect(bound(() => Promise.reject(new Error("broken")), { open }).run()).rejects.toThrow(/broken/);
});
