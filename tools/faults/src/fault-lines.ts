import { styleText } from "node:util";
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";
import { sayFault } from "./say-fault.ts";

const colours = process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "";
/** In lines. */
const longestDiff = 40;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** vitest's reporter for `npm run faults`: a line for each fault, and what broke where one was not survived. */
export default function faultLines(): Reporter {
  const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
  return {
    onTestCaseResult(test) {
      const { state, errors } = test.result();
      counts[state] += 1;
      const seconds = `${((test.diagnostic()?.duration ?? 0) / 1_000).toFixed(1)} s`.padStart(8);
      say(`${verdicts[state]} ${state === "skipped" ? "".padStart(8) : seconds}  ${sayFault(test.module.relativeModuleId, namesOf(test))}`);
      for (const error of errors ?? []) sayError(test.module.relativeModuleId, error);
    },
    onTestRunEnd(modules, unhandled) {
      for (const module of modules) {
        const aside = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors());
        counts.failed += aside.length;
        for (const error of aside) sayError(module.relativeModuleId, error);
      }
      counts.failed += unhandled.length;
      for (const error of unhandled) sayError("outside of a test", error);
      if (counts.failed > 0) say("\nnpm test -- FILE shows all of what a test says.");
      say(`\n${counts.passed} faults survived, ${counts.failed} failed, ${counts.skipped} skipped.`);
    },
  };
}

const verdicts = { passed: paint("green", "ok     "), failed: paint("red", "FAILED "), skipped: "skipped", pending: "pending" };

/** What a test is called, and the groups that it is in, from the outside. */
function namesOf(test: TestCase): readonly string[] {
  const names: string[] = [test.name];
  let parent: TestSuite | TestModule = test.parent;
  while (parent.type === "suite") {
    names.unshift(parent.name);
    parent = parent.parent;
  }
  return names;
}

/** An error without the lines of its stack that lead through the test runner, and with what was expected and what came. */
function sayError(where: string, error: { readonly message?: string; readonly stack?: string; readonly diff?: string }): void {
  const { stack = error.message ?? "an error without a message", diff = "" } = error;
  const lines = [
    ...stack.split("\n").filter((line) => !/node_modules|node:internal/.test(line)),
    ...diff.split("\n").slice(0, longestDiff),
  ];
  for (const line of [`in ${where}:`, ...lines]) say(`        ${line}`.trimEnd());
}

function paint(colour: "green" | "red", text: string): string {
  return colours ? styleText(colour, text) : text;
}
