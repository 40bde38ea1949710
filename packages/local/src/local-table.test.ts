import { expect, test } from "vitest";
import { localTable } from "./local-table.ts";
import { accessTo } from "./open-local.ts";
import { keyOf } from "./storage/keys.ts";
import { temporaryStore } from "./testing/temporary-store.ts";

interface Airport {
  readonly flights: number;
}

async function entriesOf<T>(entries: AsyncIterable<readonly [string, T]>): Promise<readonly (readonly [string, T])[]> {
  const found: (readonly [string, T])[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

test("values come back by their keys, until they are deleted", async () => {
  const table = localTable<Airport>({ store: await temporaryStore(), table: "airports" });
  await table.put("ATL", { flights: 1 });
  await table.putMany([
    ["ORD", { flights: 2 }],
    ["größe", { flights: 3 }],
  ]);
  expect(await table.get("ATL")).toEqual({ flights: 1 });
  expect(await table.get("größe")).toEqual({ flights: 3 });
  await table.delete("ATL");
  expect(await table.get("ATL")).toBeUndefined();
  await table.delete("ATL");
});

test("entries are in the order of their keys, bounded, and of this table only", async () => {
  const store = await temporaryStore();
  const table = localTable<number>({ store, table: "t" });
  await localTable<number>({ store, table: "tt" }).put("a", -1);
  const keys = Array.from({ length: 1_200 }, (_, n) => String(n).padStart(4, "0"));
  await table.putMany(keys.map((key, n) => [key, n] as const).reverse());
  expect(await entriesOf(table.entries())).toEqual(keys.map((key, n) => [key, n]));
  expect(await entriesOf(table.entries({ from: "0500", until: "0503" }))).toEqual([
    ["0500", 500],
    ["0501", 501],
    ["0502", 502],
  ]);
  expect(await entriesOf(table.entries({ from: "5" }))).toEqual([]);
});

test("updates of one key are never lost to each other", async () => {
  const table = localTable<Airport>({ store: await temporaryStore(), table: "airports" });
  await Promise.all(Array.from({ length: 300 }, () => table.update("ATL", (value) => ({ flights: (value?.flights ?? 0) + 1 }))));
  expect(await table.get("ATL")).toEqual({ flights: 300 });
  expect(await table.update("ATL", () => undefined)).toBeUndefined();
  expect(await table.get("ATL")).toBeUndefined();
});

test("an update whose change throws leaves the value as it was", async () => {
  const table = localTable<number>({ store: await temporaryStore(), table: "t" });
  await table.put("a", 1);
  const failed = table.update("a", () => {
    throw new RangeError("no");
  });
  await expect(failed).rejects.toThrow(RangeError);
  expect(await table.get("a")).toBe(1);
});

test("keys and values that cannot be stored are refused", async () => {
  const table = localTable<unknown>({ store: await temporaryStore(), table: "t" });
  const refusal = { code: "SPILLWAY_INVALID_OPTIONS" };
  await expect(table.put("", 1)).rejects.toMatchObject(refusal);
  await expect(table.put("x".repeat(1_001), 1)).rejects.toMatchObject(refusal);
  await expect(table.put("a", undefined)).rejects.toMatchObject(refusal);
  await expect(table.put("a", () => 1)).rejects.toMatchObject(refusal);
  expect(await entriesOf(table.entries())).toEqual([]);
});

test("a damaged value is refused by its key, and can be deleted", async () => {
  const store = await temporaryStore();
  const table = localTable<number>({ store, table: "t" });
  await accessTo(store).write((database) => database.put(keyOf("table", { text: "t" }, { rest: "a" }), Buffer.from("{")));
  await expect(table.get("a")).rejects.toMatchObject({ code: "SPILLWAY_FORMAT", message: expect.stringContaining('"a"') as string });
  await table.delete("a");
  expect(await table.get("a")).toBeUndefined();
});
