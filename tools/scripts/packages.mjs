import { existsSync, readdirSync, readFileSync } from "node:fs";
import { root } from "./paths.mjs";

/** The folder names of the packages that are published, in the order of the alphabet. */
export function publishedPackages() {
  return readdirSync(`${root}packages`)
    .filter((name) => existsSync(`${root}packages/${name}/package.json`))
    .filter((name) => JSON.parse(readFileSync(`${root}packages/${name}/package.json`, "utf8")).private !== true);
}
