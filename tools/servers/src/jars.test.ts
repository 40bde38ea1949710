import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { jars, jarsFolder } from "./jars.ts";

const paths = vi.hoisted(() => ({ packageFolder: "", cacheFolder: "" }));
vi.mock("./paths.ts", () => paths);

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "spillway-jars-"));
  paths.packageFolder = join(root, "package");
  paths.cacheFolder = join(root, "cache");
  await mkdir(join(paths.packageFolder, "java"), { recursive: true });
  await mkdir(paths.cacheFolder);
  await pin({ "a.jar": "a", "b.jar": "b" });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

function sum(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}

async function pin(files: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(files).map(([name, content]) => `${sum(content)}  ${name}\n`);
  await writeFile(join(paths.packageFolder, "java", "kafka.sha256"), lines.join(""));
}

async function keep(files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(jarsFolder("kafka"));
  for (const [name, content] of Object.entries(files)) await writeFile(join(jarsFolder("kafka"), name), content);
}

/** A Maven that fetches one file of this content. */
async function fetching(content: string): Promise<void> {
  const bin = join(root, "bin");
  await mkdir(bin);
  const script = `#!/bin/sh\nfor word in "$@"; do case "$word" in -DoutputDirectory=*) printf ${content} > "\${word#*=}/a.jar";; esac; done\n`;
  await writeFile(join(bin, "mvn"), script);
  await chmod(join(bin, "mvn"), 0o755);
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env["PATH"]}`);
}

test("jars that are those of the pinned sums are used", async () => {
  await keep({ "a.jar": "a", "b.jar": "b" });
  expect(await jars("kafka")).toBe(jarsFolder("kafka"));
});

test("a jar whose SHA-256 is not the pinned one is refused, with what to do", async () => {
  await keep({ "a.jar": "a", "b.jar": "something else" });
  await expect(jars("kafka")).rejects.toThrow(/changed: b\.jar; missing: none; unknown: none\)\. Delete the folder/);
});

test("a jar that is missing, and one that nobody pinned, are refused", async () => {
  await keep({ "a.jar": "a", "c.jar": "c" });
  await expect(jars("kafka")).rejects.toThrow("changed: none; missing: b.jar; unknown: c.jar");
});

test.skipIf(process.platform === "win32")("a fetched jar that is not the pinned one is refused and not kept", async () => {
  await pin({ "a.jar": "a" });
  await fetching("forged");
  await expect(jars("kafka")).rejects.toThrow("changed: a.jar");
  expect(existsSync(jarsFolder("kafka"))).toBe(false);
  expect(await readdir(paths.cacheFolder)).toEqual([]);
});

test.skipIf(process.platform === "win32")("a fetched jar that is the pinned one is kept", async () => {
  await pin({ "a.jar": "a" });
  await fetching("a");
  expect(await jars("kafka")).toBe(jarsFolder("kafka"));
  expect(await readdir(jarsFolder("kafka"))).toEqual(["a.jar"]);
});
