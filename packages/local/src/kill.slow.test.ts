import type { PartitionId } from "@spillway/spec";
import { expect, test } from "vitest";
import { localSource } from "./local-source.ts";
import { openLocal } from "./open-local.ts";
import { openLog } from "./open-log.ts";
import type { Durability } from "./storage/durability.ts";
import { reportEnd, type AppendReport } from "./testing/append-until-killed.ts";
import { readTexts } from "./testing/read-texts.ts";
import { startProgram } from "./testing/start-program.ts";
import { temporaryDirectory } from "./testing/temporary-directory.ts";

function reportsIn(output: string): readonly AppendReport[] {
  // What follows the last end was cut off by the kill.
  return output
    .split(reportEnd)
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AppendReport);
}

/** The messages of a partition, as their numbers, read by a process that opens the directory anew. */
async function numbersIn(directory: string, partition: PartitionId): Promise<readonly number[]> {
  const store = await openLocal({ directory });
  const held = (await (await openLog({ store, log: "log" })).state())[Number(partition)]?.held ?? 0;
  const texts = await readTexts(localSource({ store, log: "log", consumer: "check" }), partition, { at: "earliest" }, held);
  await store.close();
  return texts.map(Number);
}

const upTo = (until: number): readonly number[] => Array.from({ length: until }, (_, n) => n);

/** How far an appender came for sure, and how far it may have come. */
function reachOf(reports: readonly AppendReport[]): { readonly atLeast: number; readonly atMost: number } {
  const last = (state: AppendReport["state"]): number => reports.findLast((report) => report.state === state)?.until ?? 0;
  return { atLeast: last("acknowledged"), atMost: last("asked") };
}

test.each(["process-crash", "power-loss"] as const)(
  "whatever was acknowledged is there after kill -9, at any moment, each message once and in order (%s)",
  async (durability: Durability) => {
    const directory = await temporaryDirectory();
    let known = 0;
    for (let round = 0; round < 12; round += 1) {
      const program = startProgram("append-until-killed", [directory, durability, "0", String(known)]);
      const after = 1 + Math.floor(Math.random() * 60);
      await program.until((output) => reportsIn(output).length >= after);
      const { atLeast, atMost } = reachOf(reportsIn(await program.kill()));
      const numbers = await numbersIn(directory, "0" as PartitionId);
      expect(numbers).toEqual(upTo(numbers.length));
      expect(numbers.length).toBeGreaterThanOrEqual(Math.max(atLeast, known));
      expect(numbers.length).toBeLessThanOrEqual(Math.max(atMost, known));
      known = numbers.length;
    }
    expect(known).toBeGreaterThan(12);
  },
);

test("processes that share a directory go on when one of them is killed in the middle of its writes", async () => {
  const directory = await temporaryDirectory();
  const partitions = ["0", "1", "2"] as PartitionId[];
  const programs = partitions.map((partition) => startProgram("append-until-killed", [directory, "process-crash", partition]));
  await Promise.all(programs.map((program) => program.until((output) => reportsIn(output).length >= 40)));
  const [first, ...others] = programs;
  const killed = await first?.kill();
  const before = others.map(() => 0);
  await Promise.all(
    others.map((program, index) =>
      program.until((output) => {
        const count = reportsIn(output).length;
        before[index] ||= count;
        return count >= (before[index] ?? 0) + 40;
      }),
    ),
  );
  const outputs = [killed ?? "", ...(await Promise.all(others.map((program) => program.kill())))];
  for (const [index, partition] of partitions.entries()) {
    const { atLeast, atMost } = reachOf(reportsIn(outputs[index] ?? ""));
    const numbers = await numbersIn(directory, partition);
    expect(numbers).toEqual(upTo(numbers.length));
    expect(numbers.length).toBeGreaterThanOrEqual(atLeast);
    expect(numbers.length).toBeLessThanOrEqual(atMost);
  }
});

test("a reader is given what another process appends, without asking for it", async () => {
  const directory = await temporaryDirectory();
  const store = await openLocal({ directory });
  await openLog({ store, log: "log", partitions: 4 });
  const source = localSource({ store, log: "log", consumer: "reader" });
  const texts = readTexts(source, "3" as PartitionId, { at: "latest" }, 2_000);
  const program = startProgram("append-until-killed", [directory, "process-crash", "3"]);
  expect((await texts).map(Number).slice(0, 2_000)).toEqual(upTo(2_000));
  await program.kill();
  await store.close();
});
