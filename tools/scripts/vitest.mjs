import { root } from "./paths.mjs";
import { run } from "./run.mjs";

/** Runs vitest once, on this Node or another one, and resolves with its exit code. */
export function vitest(args, { node = process.execPath, ...options } = {}) {
  return run(node, [`${root}node_modules/vitest/vitest.mjs`, "run", ...args], options);
}
