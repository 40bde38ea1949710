import type { CallOptions } from "@spillway/spec";
import { onAbort } from "@spillway/spec";
import { expect, test } from "vitest";
import { openContext } from "./case-context.ts";
import { ConformanceFailure } from "./conformance-failure.ts";
import { expectAbortEnds } from "./under-way.ts";

async function outcomeOf(call: (options: CallOptions) => Promise<unknown>, deadlineMs = 10_000): Promise<unknown> {
  const context = openContext(deadlineMs);
  try {
    return await expectAbortEnds("the call", call, context).catch((error: unknown) => error);
  } finally {
    context.end();
  }
}

const rejecting = ({ signal }: CallOptions): Promise<never> => new Promise((_, reject) => onAbort(signal, () => reject(signal.reason)));

test("a call that rejects when its signal aborts passes", async () => {
  expect(await outcomeOf(rejecting)).toBeUndefined();
});

test("a call that has answered without waiting passes, and its signal is not aborted", async () => {
  let given: AbortSignal | undefined;
  expect(await outcomeOf(async ({ signal }) => void (given = signal))).toBeUndefined();
  expect(given?.aborted).toBe(false);
});

test("a call that answers after the abort as if there were none fails", async () => {
  expect(await outcomeOf(() => new Promise((resolve) => setImmediate(resolve)))).toBeInstanceOf(ConformanceFailure);
});

test("a call that never ends fails at the deadline", async () => {
  expect(await outcomeOf(() => new Promise(() => undefined), 20)).toBeInstanceOf(ConformanceFailure);
});

test("a call that leaves a listener fails", async () => {
  const leaving = (options: CallOptions): Promise<never> => {
    const rejected = rejecting(options);
    options.signal.addEventListener("abort", () => options.signal.addEventListener("abort", () => undefined));
    return rejected;
  };
  expect(await outcomeOf(leaving)).toBeInstanceOf(ConformanceFailure);
});
