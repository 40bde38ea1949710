import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { cache, root } from "./paths.mjs";

const stepLimitMs = 20 * 60_000;
const wholeLimitMs = 24 * 60_000;
const reports = `${cache}ci/`;

const steps = [
  { name: "build and type check", args: ["run", "typecheck"] },
  { name: "tests", args: ["test", "--", ...reportTo("tests")], report: "tests" },
  { name: "lint and format", args: ["run", "lint"] },
  { name: "import rules", args: ["run", "imports"] },
  { name: "unused code and dependencies", args: ["run", "knip"] },
  { name: "API reports", args: ["run", "api"] },
  { name: "docs", args: ["run", "docs"] },
  { name: "packages", args: ["run", "pack-check"] },
  {
    // What knows Node best; all of it with npm run test:node24.
    name: "engine and embedded store on Node 24",
    args: [
      "run",
      "test:node24",
      "--",
      "--project",
      "quick",
      "packages/core",
      "packages/memory",
      "packages/local",
      ...reportTo("tests-node24"),
    ],
    report: "tests-node24",
    onlyBeforeMs: 12 * 60_000,
  },
];

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const total = { passed: 0, failed: 0, skipped: 0 };

for (const step of steps) {
  const startedMs = performance.now();
  if (startedMs > (step.onlyBeforeMs ?? wholeLimitMs)) {
    total.skipped += 1;
    console.log(`skipped ${step.name}: ${Math.round(startedMs / 60_000)} minutes have passed already`);
    continue;
  }
  const { code, output } = await npm(step.args, Math.min(stepLimitMs, wholeLimitMs - startedMs));
  const counts = step.report === undefined ? undefined : countsOf(step.report);
  count(code, counts);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (code !== 0) console.log(output.trimEnd());
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${step.name} (${seconds} s)${counts === undefined ? "" : `: ${line(counts)}`}`);
}

console.log(line(total));
process.exitCode = total.failed === 0 ? 0 : 1;

function reportTo(name) {
  return ["--reporter=default", "--reporter=json", `--outputFile.json=${reports}${name}.json`];
}

/** Runs npm in a process group of its own, so that a step that hangs can be ended with all that it started. */
function npm(args, limitMs) {
  return new Promise((resolve) => {
    const child = spawn("npm", ["--silent", ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const chunks = [];
    const timer = setTimeout(() => {
      chunks.push(Buffer.from(`\nStopped: not done after ${Math.round(limitMs / 60_000)} minutes.\n`));
      process.kill(-child.pid, "SIGKILL");
    }, limitMs);
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => chunks.push(Buffer.from(`${error.message}\n`)));
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** What vitest counted, or undefined when it did not come to write its report. */
function countsOf(name) {
  try {
    const report = JSON.parse(readFileSync(`${reports}${name}.json`, "utf8"));
    return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests + report.numTodoTests };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** A step of tests counts as its tests, any other as one; a step that failed counts as a failure whatever its tests say. */
function count(code, counts = { passed: code === 0 ? 1 : 0, failed: 0, skipped: 0 }) {
  total.passed += counts.passed;
  total.skipped += counts.skipped;
  total.failed += code === 0 ? counts.failed : Math.max(counts.failed, 1);
}

function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
