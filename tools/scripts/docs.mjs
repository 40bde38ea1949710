import { mkdirSync, writeFileSync } from "node:fs";
import { Failure, main } from "./fail.mjs";
import { entriesOf, publishedPackages } from "./packages.mjs";
import { cache, root, tool } from "./paths.mjs";
import { run } from "./run.mjs";
import { install } from "./setup.mjs";

await main(async () => {
  await install();
  const { brokenLinks } = await import("../lint/src/broken-links.mjs");
  const broken = brokenLinks(root);
  if (broken.length > 0) throw new Failure(`${broken.join("\n")}\n${broken.length} links lead nowhere.`);

  const entries = publishedPackages().flatMap((name) => entriesOf(name).map(({ source }) => `packages/${name}/${source}`));
  const code = await run(tool("typedoc"), [
    "--options",
    "tools/lint/typedoc.json",
    "--tsconfig",
    sourcesConfig(),
    "--out",
    "docs/api",
    ...entries,
  ]);
  if (code !== 0) throw new Failure("The API pages could not be made.");
  console.log("All links lead somewhere; the API pages are in docs/api/index.html.");
});

/** One project of all packages' sources: typedoc reads one at a time. */
function sourcesConfig() {
  const file = `${cache}docs.tsconfig.json`;
  mkdirSync(cache, { recursive: true });
  const compilerOptions = {
    composite: false,
    incremental: false,
    noEmit: true,
    paths: { "@spillway/*": ["../packages/*/src/index.ts"] },
    types: ["node"],
    typeRoots: ["../node_modules/@types"],
  };
  writeFileSync(
    file,
    JSON.stringify({ extends: "../tsconfig.base.json", compilerOptions, include: ["../packages/*/src"], exclude: ["../**/*.test.ts"] }),
  );
  return file;
}
