import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { withLock } from "./lock.mjs";

let folder = "";
let file = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
  file = join(folder, "lock");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Holds the lock in a process of its own, which writes down when it entered and when it left. */
async function holdInAnotherProcess(name: string): Promise<void> {
  const program = `
    import { appendFileSync } from "node:fs";
    import { setTimeout } from "node:timers/promises";
    import { withLock } from ${JSON.stringify(new URL("./lock.mjs", import.meta.url).href)};
    await withLock(${JSON.stringify(file)}, async () => {
      appendFileSync(${JSON.stringify(join(folder, "journal"))}, "enter ${name}\\n");
      await setTimeout(20);
      appendFileSync(${JSON.stringify(join(folder, "journal"))}, "leave ${name}\\n");
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "ignore" });
  const [code] = (await once(child, "close")) as [number | null];
  expect(code).toBe(0);
}

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["--eval", ""]);
  await once(child, "close");
  return child.pid ?? 0;
}

test("the lock is free again after its body, also when that throws", async () => {
  await expect(withLock(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(existsSync(file)).toBe(false);
  await expect(withLock(file, () => Promise.resolve("yes"))).resolves.toBe("yes");
});

test("of many waiters that find the same dead holder, one at a time enters", async () => {
  writeFileSync(file, JSON.stringify({ pid: await deadPid(), id: "dead" }));
  let inside = 0;
  const seen: number[] = [];
  const waiters = Array.from({ length: 20 }, () =>
    withLock(file, async () => {
      inside += 1;
      seen.push(inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    }),
  );
  await Promise.all(waiters);
  expect(seen).toEqual(waiters.map(() => 1));
  expect(readdirSync(folder)).toEqual([]);
});

test("of many processes that find a dead holder, one at a time enters", async () => {
  writeFileSync(file, JSON.stringify({ pid: await deadPid(), id: "dead" }));
  const names = ["a", "b", "c", "d", "e", "f"];
  await Promise.all(names.map(holdInAnotherProcess));
  const journal = readFileSync(join(folder, "journal"), "utf8").trim().split("\n");
  const entered = journal.filter((line) => line.startsWith("enter ")).map((line) => line.slice("enter ".length));
  expect(entered.toSorted((a, b) => a.localeCompare(b))).toEqual(names);
  expect(journal).toEqual(entered.flatMap((name) => [`enter ${name}`, `leave ${name}`]));
  expect(readdirSync(folder)).toEqual(["journal"]);
});
