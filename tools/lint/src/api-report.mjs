import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

/**
 * Extracts what one entry of a package promises to its users from its built types. Gives the report as text, and what is wrong with it: a name that is
 * used but not exported, a comment that cannot be read.
 */
function apiReport(root, packageName, { subpath, built }) {
  const folder = `${root}/packages/${packageName}`;
  const reports = `${root}/.cache/api`;
  mkdirSync(reports, { recursive: true });
  const reportName = `${packageName}${subpath.replaceAll("/", ".")}`;
  const file = `${reports}/${reportName}.api.md`;
  rmSync(file, { force: true });
  const types = built.replace(/\.js$/, ".d.ts");
  if (!existsSync(`${folder}/${types}`)) return { report: "", problems: [`packages/${packageName}/${types} is missing: build first.`] };

  const config = ExtractorConfig.prepare({
    packageJsonFullPath: `${folder}/package.json`,
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: `${folder}/${types}`,
      newlineKind: "lf",
      compiler: {
        overrideTsconfig: { compilerOptions: { target: "ES2023", module: "NodeNext", strict: true, types: ["node"], skipLibCheck: true } },
      },
      apiReport: { enabled: true, reportFileName: reportName, reportFolder: reports, reportTempFolder: `${reports}/temp` },
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
  const name = `"@spillway/${packageName}"`;
  const report = existsSync(file) ? readFileSync(file, "utf8").replace(name, name.replace(/"$/, `${subpath}"`)) : "";
  for (const [, name] of report.matchAll(/^\/\/ @public \(undocumented\)\nexport (.+?)[ (:<;{]*$/gm)) {
    problems.push(`packages/${packageName}: no comment says what this is: ${name}`);
  }
  return { report, problems };
}

/** Whether a name that an entry uses and does not export is the index's: there is one place for it. */
function isExportedBy({ report }, problem) {
  const name = /^.*: The symbol "(\w+)" needs to be exported .*\(ae-forgotten-export\)$/.exec(problem)?.[1];
  return name !== undefined && new RegExp(`^export \\w+ ${name}\\b`, "m").test(report);
}

/** Compares the reports of a package's entries with packages/NAME/api.md, or writes them there, and gives what is wrong. */
export function checkApi(root, packageName, { write, entries }) {
  const reports = entries.map((entry) => apiReport(root, packageName, entry));
  const [index] = reports;
  const problems = reports.flatMap((each) =>
    each === index ? each.problems : each.problems.filter((problem) => !isExportedBy(index, problem)),
  );
  const report = reports.map((each) => each.report).join("\n");
  const file = `${root}/.cache/api/${packageName}.all.md`;
  const kept = `${root}/packages/${packageName}/api.md`;
  if (problems.length > 0) return problems;
  if (write) writeFileSync(kept, report);
  if (!existsSync(kept)) return [`packages/${packageName}/api.md is missing.`];
  if (readFileSync(kept, "utf8") === report) return [];
  writeFileSync(file, report);
  const { stdout } = spawnSync("git", ["diff", "--no-index", "--unified=1", kept, file], { cwd: root, encoding: "utf8" });
  return [`packages/${packageName}/api.md is not what the package exports:\n${stdout}`];
}
