import { openLocal, type LocalStore } from "@spillway/local";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { settle } from "./settings.ts";
import { noteEnd, noteStart } from "./starts.ts";

async function openStore(): Promise<LocalStore> {
  const store = await openLocal({ directory: await temporaryFolder(), durability: "process-crash" });
  onTestFinished(() => store.close());
  return store;
}

describe("the starts of a job", () => {
  it("are counted, and so are those that did not say that they end", async () => {
    const store = await openStore();
    expect(await noteStart(store)).toMatchObject({ count: 1, killed: 0 });
    expect(await noteStart(store)).toMatchObject({ count: 2, killed: 1 });
    await noteEnd(store);
    expect(await noteStart(store)).toMatchObject({ count: 3, killed: 1 });
  });
});

describe("the settings of a job", () => {
  it("are those of its first start", async () => {
    const store = await openStore();
    const first = await settle(store, { seed: 1, limit: 10 });
    expect(first).toEqual({ seed: 1, limit: 10, failRate: 0.01 });
    expect(await settle(store, {})).toEqual(first);
    expect(await settle(store, { seed: 1 })).toEqual(first);
  });

  it("cannot be changed half way", async () => {
    const store = await openStore();
    await settle(store, { seed: 1 });
    await expect(settle(store, { seed: 2 })).rejects.toMatchObject({
      code: "SPILLWAY_INVALID_OPTIONS",
      message: expect.stringContaining("was begun with seed 1") as string,
    });
  });
});
