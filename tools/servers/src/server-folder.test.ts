import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { expect, test } from "vitest";
import { serverFolder } from "./server-folder.ts";

const idle = "setInterval(() => {}, 1000)";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Killed, but not asked for by whoever inherited it.
  return process.platform !== "linux" || !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
}

test("a server dies and its folder goes when its owner is killed with -9", { timeout: 30_000 }, async () => {
  const owner = spawn(process.execPath, ["-e", idle], { stdio: "ignore" });
  const folder = await serverFolder("test", { ownerPid: owner.pid ?? -1 });
  const server = folder.start("server", process.execPath, ["-e", idle, folder.path]);
  await expect.poll(() => readdirSync(join(folder.path, "pids"))).toEqual(["server"]);
  expect(isAlive(server.pid)).toBe(true);

  owner.kill("SIGKILL");
  await once(owner, "exit");

  await server.gone;
  await expect.poll(() => existsSync(folder.path), { timeout: 10_000 }).toBe(false);
  expect(isAlive(server.pid)).toBe(false);
});

test("removing a folder kills what runs there", { timeout: 30_000 }, async () => {
  const folder = await serverFolder("test");
  const server = folder.start("server", process.execPath, ["-e", idle, folder.path]);
  await folder.remove();
  expect(server.isGone()).toBe(true);
  expect(existsSync(folder.path)).toBe(false);
});

test("what a server printed can be read after it ended", { timeout: 30_000 }, async () => {
  const folder = await serverFolder("test");
  const server = folder.start("server", process.execPath, ["-e", "console.log('no such option')", folder.path]);
  await server.gone;
  expect(await server.output()).toContain("no such option");
  await folder.remove();
});

test("the file that names a server goes with its folder", { timeout: 30_000 }, async () => {
  const home = await mkdtemp(join(tmpdir(), "spillway-test-"));
  const entry = join(home, "entry.json");
  const owner = spawn(process.execPath, ["-e", idle], { stdio: "ignore" });
  const folder = await serverFolder("test", { ownerPid: owner.pid ?? -1, entry });
  await writeFile(entry, "{}");
  owner.kill("SIGKILL");
  await expect.poll(() => existsSync(folder.path) || existsSync(entry), { timeout: 10_000 }).toBe(false);
  await rm(home, { recursive: true, force: true });
});
