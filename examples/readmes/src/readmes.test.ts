import { afterEach, expect, it, vi } from "vitest";
import { charged, deadOrders } from "./surroundings.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

it("the program of @spillway/core charges the orders, and dead-letters what is none", async () => {
  await import("./core.ts");
  expect(charged).toEqual(["a-1", "a-3"]);
  const [partition] = deadOrders.partitions();
  const letters = partition === undefined ? undefined : deadOrders.partition(partition.id);
  expect(letters?.end()).toBe(1);
  expect(Buffer.from(letters?.at(0)?.value ?? []).toString()).toBe("not an order");
});

it("the sink of @spillway/spec writes lines, and says of each message that it is written", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const { consoleSink } = await import("./spec.ts");
  const messages = [
    { key: "ada", value: Uint8Array.of(1) },
    { key: "bob", value: null },
  ];
  expect(await consoleSink.write(messages, { signal: new AbortController().signal })).toEqual([{ ok: true }, { ok: true }]);
  expect(log.mock.calls).toEqual([
    ["ada", Uint8Array.of(1)],
    ["bob", null],
  ]);
});

it("the pipeline of @spillway/simulator survives its seeds", async () => {
  await expect(import("./simulator.ts")).resolves.toBeDefined();
}, 60_000);
