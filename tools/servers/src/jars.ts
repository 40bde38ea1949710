import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder, packageFolder } from "./paths.ts";

/** A server's jars: named by java/NAME.pom.xml, pinned by java/NAME.sha256. */
export type JarSet = "kafka" | "elasticmq" | "dynamodb";

/** Where a server's jars are kept; exists only when they are complete and verified. */
export function jarsFolder(name: JarSet): string {
  return join(cacheFolder, name);
}

/** Resolves to the folder of a server's jars, fetched with Maven if need be, after each has been compared with its pinned SHA-256. */
export async function jars(name: JarSet): Promise<string> {
  const folder = jarsFolder(name);
  const pinned = await pins(name);
  if (await isThere(folder)) {
    await verify(name, folder, pinned);
    return folder;
  }
  await mkdir(cacheFolder, { recursive: true });
  const fetched = await mkdtemp(`${folder}-`);
  try {
    const pom = join(packageFolder, "java", `${name}.pom.xml`);
    const args = ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${fetched}`, "-DincludeScope=runtime"];
    await promisify(execFile)("mvn", args, { timeout: 300_000 });
    await verify(name, fetched, pinned);
    await rename(fetched, folder);
  } catch (error) {
    await rm(fetched, { recursive: true, force: true });
    // Somebody else was faster: their copy is as good.
    if (!(await isThere(folder))) throw error;
    await verify(name, folder, pinned);
  }
  return folder;
}

async function verify(name: JarSet, folder: string, pinned: ReadonlyMap<string, string>): Promise<void> {
  const files = new Set(await readdir(folder));
  const missing = [...pinned.keys()].filter((file) => !files.has(file));
  const unknown = [...files].filter((file) => !pinned.has(file));
  const changed: string[] = [];
  for (const [file, sum] of pinned) {
    if (
      files.has(file) &&
      createHash("sha256")
        .update(await readFile(join(folder, file)))
        .digest("hex") !== sum
    )
      changed.push(file);
  }
  if (missing.length + unknown.length + changed.length === 0) return;
  throw new Error(
    `The files of ${name} in ${folder} are not those of java/${name}.sha256 (changed: ${changed.join(", ") || "none"}; missing: ` +
      `${missing.join(", ") || "none"}; unknown: ${unknown.join(", ") || "none"}). Delete the folder; if it happens again, do not run them.`,
  );
}

async function pins(name: JarSet): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(packageFolder, "java", `${name}.sha256`), "utf8");
  return new Map(
    text
      .trim()
      .split("\n")
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
}

async function isThere(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  );
}
