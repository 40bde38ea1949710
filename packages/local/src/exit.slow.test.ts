import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { localTable } from "./local-table.ts";
import { openLocal } from "./open-local.ts";
import { underWay, type Ending } from "./testing/exit-while-writing.ts";
import { startProgram, type Program } from "./testing/start-program.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

// Far more than a busy machine takes; a process that hangs never ends.
const boundMs = 30_000;
const rounds = 20;

async function start(directory: string, ending: Ending): Promise<Program> {
  const program = startProgram("exit-while-writing", [directory, ending]);
  await program.until((output) => output.includes(underWay));
  if (ending === "broken pipe") program.process.stdout?.destroy();
  return program;
}

async function exitCode(program: Program): Promise<number | string | null> {
  const ended = program.ended().then(() => program.process.exitCode ?? program.process.signalCode);
  return Promise.race([ended, wait(boundMs, "it hangs", { ref: false })]);
}

test.each<[Ending, number]>([
  ["exit", 3],
  ["exit in a change", 3],
  ["throw", 1],
  ["broken pipe", 1],
])("a process ends by itself while writes are pending, alone or beside another: %s", async (ending, code) => {
  const directory = await temporaryDirectory();
  for (let round = 0; round < rounds; round += 1) {
    // Every other time two processes write to the same keys, so that each finds the other's changes in its way.
    const programs = await Promise.all(Array.from({ length: 1 + (round % 2) }, () => start(directory, ending)));
    expect(await Promise.all(programs.map(exitCode))).toEqual(programs.map(() => code));
  }
  const store = await openLocal({ directory });
  expect(await localTable<number>({ store, table: "counts" }).get("count 0")).toBeGreaterThan(rounds);
  await store.close();
});
