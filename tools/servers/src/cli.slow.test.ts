import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const here = fileURLToPath(new URL("../", import.meta.url));

/** A copy of the program, so that it does not meet servers that somebody has up. */
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "spillway-cli-"));
  const copy = join(root, "tools", "servers");
  await mkdir(copy, { recursive: true });
  for (const part of ["package.json", "dist", "guard"]) await cp(join(here, part), join(copy, part), { recursive: true });
  await symlink(join(here, "node_modules"), join(copy, "node_modules"));
});
afterEach(async () => {
  await servers("down", "kinesalite");
  await rm(root, { recursive: true });
});

/** What a run of the program printed, and its exit code. */
interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function servers(...words: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [join(root, "tools/servers/dist/cli.js"), ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text.out += more;
  });
  child.stderr.setEncoding("utf8").on("data", (more: string) => {
    text.err += more;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...text };
}

/** Whether something answers there. */
function isUp(endpoint: string): Promise<boolean> {
  return fetch(endpoint).then(
    () => true,
    () => false,
  );
}

test("a server that is put up stays until it is put down, and is printed as the variable that tests read", async () => {
  const up = await servers("up", "kinesalite");
  expect(up).toMatchObject({ code: 0, err: "" });
  const [, endpoint = ""] = /^export SPILLWAY_KINESALITE_ENDPOINT=(http:\/\/127\.0\.0\.1:\d+)\n$/.exec(up.out) ?? [];
  expect(await isUp(endpoint)).toBe(true);
  const entry = JSON.parse(await readFile(join(root, ".cache/servers/run/up-kinesalite.json"), "utf8")) as { folder: string };
  expect(existsSync(entry.folder)).toBe(true);

  expect(await servers("up", "kinesalite")).toEqual(up);

  expect(await servers("down", "kinesalite")).toEqual({ code: 0, out: "", err: "" });
  expect(await isUp(endpoint)).toBe(false);
  expect(existsSync(entry.folder)).toBe(false);
  expect(await readdir(join(root, ".cache/servers/run"))).toEqual([]);
});

test("a name or a verb that there is not is refused, with the usage", async () => {
  for (const words of [["up", "rabbit"], ["restart"], []]) {
    const { code, out, err } = await servers(...words);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("Usage: npm run servers -- up");
  }
});

test("putting down what is not up does nothing", async () => {
  expect(await servers("down", "kinesalite")).toEqual({ code: 0, out: "", err: "" });
});
