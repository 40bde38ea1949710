import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";
import type { EngineMutant } from "./engine-mutants.ts";

const packages = fileURLToPath(new URL("../../../", import.meta.url));
const entry = fileURLToPath(new URL("./hunt-program.ts", import.meta.url));

/** Bundles the hunt with a mutant of the engine (undefined: with the engine as it is) into a folder; resolves to the program. */
export async function bundleMutant(mutant: EngineMutant | undefined, folder: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: "error",
    root: packages,
    resolve: { alias: [{ find: /^@spillway\/([a-z-]+)$/, replacement: `${packages}$1/src/index.ts` }] },
    plugins: mutant === undefined ? [] : [breaks(mutant)],
    ssr: { noExternal: true },
    build: {
      ssr: entry,
      outDir: folder,
      emptyOutDir: true,
      minify: false,
      target: "node20",
      rolldownOptions: { output: { entryFileNames: "hunt.mjs" } },
    },
  });
  return `${folder}/hunt.mjs`;
}

function breaks({ name, file, find, replace }: EngineMutant): Plugin {
  const path = `${packages}core/src/${file}`;
  return {
    name: "mutant",
    enforce: "pre",
    async load(id): Promise<string | undefined> {
      if (id !== path) return undefined;
      const source = await readFile(path, "utf8");
      const parts = source.split(find);
      if (parts.length !== 2) throw new Error(`"${name}": ${file} holds its line ${parts.length - 1} times; name the line as it is now`);
      return parts.join(replace);
    },
  };
}
