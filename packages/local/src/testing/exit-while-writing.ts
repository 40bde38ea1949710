import { writeSync } from "node:fs";
import { localTable } from "../local-table.ts";
import { openLocal } from "../open-local.ts";

/** How the program below ends, always with writes that are pending. */
export type Ending =
  /** process.exit(3) from a timer. */
  | "exit"
  /** process.exit(3) from within a change of a value. */
  | "exit in a change"
  /** An error that nobody catches. */
  | "throw"
  /** Nobody reads what it prints any more. */
  | "broken pipe";

/** What the program says once its writes are under way. */
export const underWay = "under way\n";

const [directory = "", ending = ""] = process.argv.slice(2);
const loops = 64;

// Imported by its test for the types, run by it as a program.
if (directory !== "") await writeUntilTheEnd(ending as Ending);

async function writeUntilTheEnd(how: Ending): Promise<void> {
  const store = await openLocal({ directory });
  const table = localTable<number>({ store, table: "counts" });
  let ends = false;
  const count = (before = 0): number => {
    if (ends && how === "exit in a change") process.exit(3);
    return before + 1;
  };
  const writers = Array.from({ length: loops }, async (_, loop) => {
    for (;;) await table.update(`count ${loop % 8}`, count);
  });
  // Whenever that is, all loops wait for a write that is somewhere on its way.
  await table.put("begun", 1);
  writeSync(1, underWay);
  setTimeout(() => {
    ends = true;
    if (how === "exit") process.exit(3);
    if (how === "throw") throw new Error("Nobody catches this.");
    if (how === "broken pipe") setInterval(() => process.stdout.write("more\n"), 1);
  }, Math.random() * 100);
  await Promise.all(writers);
}
