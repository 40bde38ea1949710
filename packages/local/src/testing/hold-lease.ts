import { writeSync } from "node:fs";
import type { FencingToken, LeaseRecord, PartitionId } from "@spillway/spec";
import { localLeases } from "../local-leases.ts";
import { openLocal } from "../open-local.ts";

/** The lease that the program below takes and keeps. */
export const heldLease: LeaseRecord = {
  partition: "0" as PartitionId,
  parents: [],
  version: 1,
  token: 1 as FencingToken,
  owner: "child",
  durationMs: 10_000,
  wantedBy: undefined,
  state: "open",
  start: { at: "earliest" },
};

const [directory = ""] = process.argv.slice(2);

// Imported by its test for the lease, run by it as a program, which stays until it is killed.
if (directory !== "") await hold();

async function hold(): Promise<void> {
  const store = await openLocal({ directory });
  const written = await localLeases({ store }).compareAndSet("scope", undefined, heldLease, { signal: new AbortController().signal });
  writeSync(1, String(written));
  setInterval(() => undefined, 60_000);
}
