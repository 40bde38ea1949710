import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Measured } from "./bar.ts";

/** Longer than any scenario takes on a busy machine. */
const limitMs = 120_000;

/**
 * Measures a scenario in a process of its own, so that no other one has shaped the compiled code or the heap. Resolves to no answers when that process
 * failed; it has said why.
 */
export function measureApart(name: string): Promise<readonly Measured[]> {
  return new Promise((resolve) => {
    const file = fileURLToPath(new URL("./child.js", import.meta.url));
    const child = fork(file, [name], { execArgv: ["--expose-gc"], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const timer = setTimeout(() => {
      console.error(`${name} was stopped: it took longer than ${limitMs / 1_000} s.`);
      child.kill("SIGKILL");
    }, limitMs);
    let answers: readonly Measured[] = [];
    child.on("message", (message) => (answers = message as readonly Measured[]));
    child.on("error", (error) => console.error(error));
    child.on("close", () => {
      clearTimeout(timer);
      resolve(answers);
    });
  });
}
