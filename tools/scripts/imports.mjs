import { Failure, main } from "./fail.mjs";
import { root } from "./paths.mjs";
import { install } from "./setup.mjs";

await main(async () => {
  await install();
  const { cruiseImports } = await import("../lint/src/cruise-imports.mjs");
  const { modules, problems } = await cruiseImports(root.replace(/\/$/, ""));
  if (problems.length > 0)
    throw new Failure(`${problems.join("\n")}\n${problems.length} imports break the rules of tools/lint/src/package-graph.mjs.`);
  if (modules === 0) throw new Failure("No modules were found, so nothing was checked.");
  console.log(`${modules} modules keep the import rules.`);
});
