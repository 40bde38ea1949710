import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

/**
 * Extracts what a package promises to its users from its built types. Gives the report as text, and what is wrong with it: a name that is
 * used but not exported, a comment that cannot be read.
 */
function apiReport(root, packageName) {
  const folder = `${root}/packages/${packageName}`;
  const reports = `${root}/.cache/api`;
  mkdirSync(reports, { recursive: true });
  const file = `${reports}/${packageName}.api.md`;
  rmSync(file, { force: true });
  if (!existsSync(`${folder}/dist/index.d.ts`))
    return { report: "", problems: [`packages/${packageName}/dist/index.d.ts is missing: build first.`] };

  const config = ExtractorConfig.prepare({
    packageJsonFullPath: `${folder}/package.json`,
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: `${folder}/dist/index.d.ts`,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: { compilerOptions: { target: "ES2023", module: "NodeNext", strict: true, types: ["node"], skipLibCheck: true } },
      },
      apiReport: { enabled: true, reportFileName: packageName, reportFolder: reports, reportTempFolder: `${reports}/temp` },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: { logLevel: "error" },
          // Everything here is public: what is not is not exported from the index.
          "ae-missing-release-tag": { logLevel: "none" },
          // A member may say nothing where its type says it all; an export may not, see below.
          "ae-undocumented": { logLevel: "none" },
        },
        tsdocMessageReporting: { default: { logLevel: "none" } },
      },
    },
  });

  const problems = [];
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      message.handled = true;
      if (message.logLevel === "error") problems.push(`packages/${packageName}: ${message.text} (${message.messageId})`);
    },
  });
  const report = existsSync(file) ? readFileSync(file, "utf8") : "";
  for (const [, name] of report.matchAll(/^\/\/ @public \(undocumented\)\nexport (.+?)[ (:<;{]*$/gm)) {
    problems.push(`packages/${packageName}: no comment says what this is: ${name}`);
  }
  return { report, file, problems };
}

/** Compares a package's report with packages/NAME/api.md, or writes it there, and gives what is wrong. */
export function checkApi(root, packageName, { write }) {
  const { report, file, problems } = apiReport(root, packageName);
  const kept = `${root}/packages/${packageName}/api.md`;
  if (problems.length > 0) return problems;
  if (write) writeFileSync(kept, report);
  if (!existsSync(kept)) return [`packages/${packageName}/api.md is missing.`];
  if (readFileSync(kept, "utf8") === report) return [];
  const { stdout } = spawnSync("git", ["diff", "--no-index", "--unified=1", kept, file], { cwd: root, encoding: "utf8" });
  return [`packages/${packageName}/api.md is not what the package exports:\n${stdout}`];
}
