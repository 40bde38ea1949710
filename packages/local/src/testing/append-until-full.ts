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
  /** Whether it takes messages again once it was trimmed. */
  readonly appendedAfterTrim: boolean;
}

const [directory = ""] = process.argv.slice(2);

// Imported by its test for the types, run by it as a program.
if (directory !== "") await appendUntilFull();

async function appendUntilFull(): Promise<void> {
  const store = await openLocal({ directory, durability: "process-crash" });
  const log = await openLog({ store, log: "log", partitions: 1 });
  const message = { value: Buffer.alloc(10_000, "x") };
  let acknowledged = 0;
  let failure: { readonly code?: unknown; readonly failureClass?: unknown; readonly message?: string } = {};
  for (; acknowledged < 10_000; acknowledged += 1) {
    const refused = await log.append([message]).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refused !== undefined) {
      failure = refused as typeof failure;
      break;
    }
  }
  const held = (await log.state())[0]?.held ?? 0;
  await log.trim("0" as PartitionId, String(Math.floor(held / 2)) as Position);
  const appendedAfterTrim = await appends(() => log.append([message]));
  await store.close();
  const { code, failureClass, message: text = "" } = failure;
  const report: FullReport = { acknowledged, code, failureClass, message: text, held, appendedAfterTrim };
  writeSync(1, JSON.stringify(report));
}

/** LMDB frees pages for the transaction after the next. */
async function appends(append: () => Promise<unknown>): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (
      await append().then(
        () => true,
        () => false,
      )
    )
      return true;
  }
  return false;
}
