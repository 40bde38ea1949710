import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Measured } from "./bar.ts";

/** Where a scenario is measured. */
export interface Apart {
  /** The program that measures it and sends its answers. */
  readonly file?: string;
  /** Longer than it takes on a busy machine. */
  readonly limitMs?: number;
}

const ownChild = fileURLToPath(new URL("./child.js", import.meta.url));

/**
 * Measures a scenario in a process of its own, so that no other one has shaped the compiled code or the heap. Resolves to no answers when that process
 * failed; it has said why.
 */
export function measureApart(name: string, { file = ownChild, limitMs = 120_000 }: Apart = {}): Promise<readonly Measured[]> {
  return new Promise((resolve) => {
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
