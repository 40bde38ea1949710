import { expect, test } from "vitest";
import { conform } from "./conform.ts";
import type { Closable, Harness } from "./harness.ts";

test("conform registers each case under a name that says what of what, and skips with the reason", () => {
  const registered: unknown[] = [];
  const runner = {
    test: (name: string, _run: () => Promise<void>, timeoutMs: number) => registered.push([name, timeoutMs]),
    skip: (name: string, reason: string) => registered.push([name, reason]),
  };
  const harness: Harness<Closable, "need"> = {
    name: "subject",
    deadlineMs: 1_000,
    lacks: { need: "it cannot" },
    open: async () => ({ close: async () => undefined }),
  };
  const some = { proves: "It works.", guarantee: "G1", run: async () => undefined } as const;
  const cases = [
    { ...some, name: "a fact", needs: [] },
    { ...some, name: "another fact", needs: ["need"] as const },
  ];
  conform<Closable, "need">(runner, { name: "sink", cases }, harness);
  // Longer than the kit's own deadline, so that this one is what is reported.
  expect(registered).toEqual([
    ["sink, subject: a fact", 11_000],
    ["sink, subject: another fact", "it cannot"],
  ]);
});
