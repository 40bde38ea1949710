import { must } from "./run.mjs";

const pnpm = "pnpm@12.21.0";

/** Runs pnpm, which nobody needs to have installed, and asks no questions. Resolves with what it printed. */
export function runPnpm(args) {
  const env = { ...process.env, CI: "true" };
  const npm = process.env.npm_execpath;
  if (npm?.endsWith("npm-cli.js")) return must(process.execPath, [npm, "exec", "--yes", "--", pnpm, ...args], { env });
  return must("npx", ["--yes", pnpm, ...args], { env, shell: process.platform === "win32" });
}
