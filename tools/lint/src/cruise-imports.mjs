import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { brokerNames } from "./broker-names.mjs";
import { importRules } from "./import-rules.mjs";
import { packageGraph } from "./package-graph.mjs";

/**
 * Follows every import of a workspace and resolves with what breaks the rules, one line each, and with how many modules it saw. Packages are
 * found by their sources, so nothing needs to be built.
 *
 * @param {string} root
 */
export async function cruiseImports(root) {
  const names = readdirSync(`${root}/packages`);
  const unlisted = names.filter((name) => packageGraph[name] === undefined);
  const tsConfig = writeTsConfig(root);
  const folders = ["packages", "examples", "tools"].filter((folder) => existsSync(`${root}/${folder}`));
  const { output } = await cruise(
    folders,
    {
      baseDir: root,
      ruleSet: { forbidden: importRules(names) },
      validate: true,
      tsPreCompilationDeps: true,
      combinedDependencies: true,
      skipAnalysisNotInRules: true,
      exclude: { path: "(^|/)(dist|\\.cache|data|pack-program)/" },
      doNotFollow: { path: "node_modules" },
      tsConfig: { fileName: tsConfig },
    },
    { conditionNames: ["import", "types", "node", "default"], exportsFields: ["exports"], mainFields: ["types", "main"] },
    { tsConfig: extractTSConfig(tsConfig) },
  );
  return {
    modules: output.summary.totalCruised,
    problems: [
      ...unlisted.map((name) => `packages/${name} is not in tools/lint/src/package-graph.mjs: say there what it may import.`),
      ...brokerNames(root),
      ...output.summary.violations.map(
        ({ from, to, rule, cycle }) =>
          `${rule.name}: ${cycle === undefined ? `${from} imports ${to}` : [from, ...cycle.map((step) => step.name)].join(" → ")}`,
      ),
    ],
  };
}

/** Maps each package's name to its sources. Written, because dependency-cruiser takes such a map from a file only. */
function writeTsConfig(root) {
  mkdirSync(`${root}/.cache`, { recursive: true });
  const file = `${root}/.cache/imports.tsconfig.json`;
  const paths = {
    "@spillway/container/*": [`${root}/packages/container/src/schemes/*.ts`],
    "@spillway/*": [`${root}/packages/*/src/index.ts`],
    "@spillway-tools/*": [`${root}/tools/*/src/index.ts`],
  };
  writeFileSync(
    file,
    JSON.stringify({
      compilerOptions: { module: "NodeNext", target: "ES2023", allowImportingTsExtensions: true, paths },
      include: ["../packages/*/src"],
    }),
  );
  return file;
}
