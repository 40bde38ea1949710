import { writeSync } from "node:fs";
import type { PartitionId, Position } from "@spillway/spec";
import { openLocal } from "../open-local.ts";
import { openLog } from "../open-log.ts";

/** What the program below prints when it met the end of the space that it has. */
export interface FullReport {
  readonly acknowledged: number;
  readonly code: unknown;
  readonly failureClass: unknown;
  readonly message: string;
  /** How many messages the log holds after the failure. */
  readonly held: number;
  /** How many it took again once it was trimmed, before it was full once more and was closed. */
  readonly appendedAfterTrim: number;
}

const [directory = ""] = process.argv.slice(2);

// Imported by its test for the types, run by it as a program.
if (directory !== "") await appendUntilFull();

async function appendUntilFull(): Promise<void> {
  const store = await openLocal({ directory, durability: "process-crash" });
  const log = await openLog({ store, log: "log", partitions: 1 });
  const message = { value: Buffer.alloc(10_000, "x") };
  const { acknowledged, failure } = await fill(() => log.append([message]));
  const held = (await log.state())[0]?.held ?? 0;
  await log.trim("0" as PartitionId, String(Math.floor(held / 2)) as Position);
  const { acknowledged: appendedAfterTrim } = await fill(() => log.append([message]));
  // Right after a commit that failed.
  await store.close();
  const { code, failureClass, message: text = "" } = failure;
  const report: FullReport = { acknowledged, code, failureClass, message: text, held, appendedAfterTrim };
  writeSync(1, JSON.stringify(report));
}

interface Filled {
  readonly acknowledged: number;
  readonly failure: { readonly code?: unknown; readonly failureClass?: unknown; readonly message?: string };
}

async function fill(append: () => Promise<unknown>): Promise<Filled> {
  for (let acknowledged = 0; acknowledged < 10_000; acknowledged += 1) {
    const failure = await append().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure !== undefined) return { acknowledged, failure: failure as Filled["failure"] };
  }
  return { acknowledged: 10_000, failure: {} };
}
