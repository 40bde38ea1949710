import { readFile } from "node:fs/promises";

const repository = new URL("../../../", import.meta.url);

/** What is read of a package.json. */
export interface Manifest {
  readonly version: string;
  /** The versions that it pins. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Reads the package.json of a folder of this repository. */
export async function manifestOf(folder: string): Promise<Manifest> {
  const manifest = JSON.parse(await readFile(new URL(`${folder}/package.json`, repository), "utf8")) as Partial<Manifest>;
  if (typeof manifest.version !== "string") throw new Error(`${folder}/package.json names no version.`);
  return { version: manifest.version, dependencies: manifest.dependencies ?? {} };
}
