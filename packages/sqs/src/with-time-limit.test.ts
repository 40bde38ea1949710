import { expect, test } from "vitest";
import { manualClock } from "@spillway/conformance";
import { calm } from "./testing/facts.ts";
import { withTimeLimit } from "./with-time-limit.ts";

const forever = (): Promise<never> => new Promise<never>(() => {});

test("a call that is not answered in time is given up, and told so", async () => {
  const clock = manualClock();
  let told = false;
  const call = withTimeLimit({ signal: calm, timeoutMs: 100, clock, what: "Waiting" }, (signal) => {
    signal.addEventListener("abort", () => {
      told = true;
    });
    return forever();
  });
  const ended = call.catch((error: unknown) => error);
  await clock.advance(99);
  expect(told).toBe(false);
  await clock.advance(1);
  expect(await ended).toMatchObject({ code: "SPILLWAY_SQS_TIMEOUT", message: expect.stringContaining("Waiting") as string });
  expect(told).toBe(true);
});

test("a call that ignores its signal does not keep an aborted wait", async () => {
  const controller = new AbortController();
  const reason = new Error("stop");
  const call = withTimeLimit({ signal: controller.signal, timeoutMs: 1_000, clock: manualClock(), what: "Waiting" }, forever);
  controller.abort(reason);
  await expect(call).rejects.toBe(reason);
});

test("nothing is called under a signal that has aborted", async () => {
  let called = false;
  const call = withTimeLimit({ signal: AbortSignal.abort(), timeoutMs: 1_000, clock: manualClock(), what: "Waiting" }, () => {
    called = true;
    return forever();
  });
  await expect(call).rejects.toThrow("aborted");
  expect(called).toBe(false);
});

test("the answer's signal is left alone, so that its connection can be used again", async () => {
  let signal: AbortSignal | undefined;
  const answer = await withTimeLimit({ signal: calm, timeoutMs: 1_000, clock: manualClock(), what: "Waiting" }, async (its) => {
    signal = its;
    return 42;
  });
  expect([answer, signal?.aborted]).toEqual([42, false]);
});
