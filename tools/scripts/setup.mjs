import "./node-version.mjs";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Failure, main } from "./fail.mjs";
import { withLock } from "./lock.mjs";
import { cache, root } from "./paths.mjs";
import { runPnpm } from "./pnpm.mjs";
import { capture } from "./run.mjs";

const stampFile = `${root}node_modules/.spillway-setup`;

const lockFile = `${cache}setup.lock`;

/** Installs what the lockfile names and builds all packages, each only when needed; says nothing when nothing was. */
export function setup() {
  return withLock(lockFile, async () => {
    const isNew = await installWhatChanged();
    if (isNew) console.error("Building the packages …");
    await build();
  });
}

/** The same without the build, for scripts that read sources only. */
export function install() {
  return withLock(lockFile, installWhatChanged);
}

/** Resolves to whether there was anything to install. */
async function installWhatChanged() {
  const manifests = workspaceManifests();
  const stamp = stampOf(manifests);
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp && everythingIsThere(manifests)) return false;

  console.error("Installing what the lockfile names …");
  rmSync(stampFile, { force: true });
  await runPnpm(["install", "--frozen-lockfile", "--reporter=append-only"]);
  writeFileSync(stampFile, stamp);
  return true;
}

async function build() {
  const { code, output } = await capture(process.execPath, ["node_modules/typescript/bin/tsc", "-b", "--pretty"]);
  if (code !== 0) throw new Failure(`${output.trimEnd()}\n\nThe build failed (tsc -b).`);
}

function workspaceManifests() {
  const folders = ["packages", "examples", "tools"].flatMap((parent) => {
    if (!existsSync(root + parent)) return [];
    return readdirSync(root + parent, { withFileTypes: true }).map((entry) => `${parent}/${entry.name}/`);
  });
  return ["", ...folders].filter((folder) => existsSync(`${root}${folder}package.json`));
}

function stampOf(folders) {
  const hash = createHash("sha256").update(`${process.version} ${process.platform} ${process.arch}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...folders.map((folder) => `${folder}package.json`)]) {
    hash.update(file).update(readFileSync(root + file));
  }
  return hash.digest("hex");
}

/** Looks at each direct dependency, because a stamp says nothing about what was deleted after it. */
function everythingIsThere(folders) {
  return folders.every((folder) => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(`${root}${folder}package.json`, "utf8"));
    return Object.keys({ ...dependencies, ...devDependencies }).every((name) =>
      existsSync(`${root}${folder}node_modules/${name}/package.json`),
    );
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(setup);
