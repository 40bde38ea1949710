import { expect, test } from "vitest";
import { localLeases } from "./local-leases.ts";
import { openLocal } from "./open-local.ts";
import { heldLease } from "./testing/hold-lease.ts";
import { startProgram } from "./testing/start-program.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

test("the lease of a process that was killed need not be waited for, and that of one that runs must", async () => {
  const directory = await temporaryDirectory();
  const program = startProgram("hold-lease", [directory]);
  await program.until((output) => output === "true");
  const store = await openLocal({ directory });
  const leases = localLeases({ store });
  const { signal } = new AbortController();
  expect(await leases.list("scope", { signal })).toEqual([heldLease]);
  await program.kill();
  expect(await leases.list("scope", { signal })).toEqual([{ ...heldLease, durationMs: 0 }]);
  const next = { ...heldLease, version: 2, owner: "parent" };
  expect(await leases.compareAndSet("scope", 1, next, { signal })).toBe(true);
  expect(await leases.list("scope", { signal })).toEqual([next]);
  await store.close();
});
