import { writeSync } from "node:fs";
import type { PartitionId } from "@spillway/spec";
import { openLocal } from "../open-local.ts";
import { openLog } from "../open-log.ts";
import type { Durability } from "../storage/durability.ts";

/** What one batch of the program below was: sent before it asks for the append, and again when that is acknowledged. */
export interface AppendReport {
  readonly state: "asked" | "acknowledged";
  /** The numbers of the batch's messages, from the first up to, not including, the last. */
  readonly from: number;
  readonly until: number;
}

/** Where a report ends. The program writes without a buffer of its own, so that nothing that it said is lost with it. */
export const reportEnd = "\n";

const [directory = "", durability = "", partition = "0", first = "0"] = process.argv.slice(2);

// Imported by its test for the types, run by it as a program.
if (directory !== "") await appendForEver();

async function appendForEver(): Promise<never> {
  const store = await openLocal({ directory, durability: durability as Durability });
  const log = await openLog({ store, log: "log", partitions: 4 });
  for (let from = Number(first); ; ) {
    const until = from + 1 + Math.floor(Math.random() * 100);
    report({ state: "asked", from, until });
    await log.append(
      Array.from({ length: until - from }, (_, n) => ({ value: Buffer.from(String(from + n).padEnd(300)) })),
      { partition: partition as PartitionId },
    );
    report({ state: "acknowledged", from, until });
    from = until;
  }
}

function report(what: AppendReport): void {
  writeSync(1, JSON.stringify(what) + reportEnd);
}
