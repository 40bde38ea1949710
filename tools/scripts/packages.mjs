import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { runPnpm } from "./pnpm.mjs";

/** The folder names of the packages that are published, in the order of the alphabet. */
export function publishedPackages() {
  return readdirSync(`${root}packages`)
    .filter((name) => existsSync(`${root}packages/${name}/package.json`))
    .filter((name) => JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8")).private !== true);
}

/** What a package exports, its index first: the subpath ("" for the index), its built file and its source. */
export function entriesOf(name) {
  const { exports } = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8"));
  return Object.entries(exports)
    .filter(([, target]) => target.default !== undefined)
    .map(([path, target]) => ({
      subpath: path.slice(1),
      built: target.default.slice("./".length),
      source: target.default.replace(/^\.\/dist\//, "src/").replace(/\.js$/, ".ts"),
    }));
}

/** Packs every published package into a folder, and resolves to the tarballs by the packages' folder names. */
export async function packedTarballs(folder) {
  await runPnpm(["-r", "--filter", "./packages/*", "pack", "--pack-destination", folder]);
  const files = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  return new Map(files.map((file) => [/^spillway-(.+)-\d+\.\d+\.\d+.*\.tgz$/.exec(file)?.[1], join(folder, file)]));
}
