import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A program of this package that runs in a process of its own. */
export interface Program {
  readonly process: ChildProcess;
  /** Resolves when the condition holds for what the program has printed so far. Rejects when it ends before. */
  until(condition: (output: string) => boolean): Promise<void>;
  /** Kills it with SIGKILL. Resolves to all it has printed, once it is gone. */
  kill(): Promise<string>;
  /** Resolves to all it has printed, once it has ended by itself. */
  ended(): Promise<string>;
}

/**
 * Starts a built program of src/testing; npm test builds before it tests. It does not outlive the test. `through` is a command that runs it in
 * its turn.
 */
export function startProgram(name: string, args: readonly string[], through: readonly string[] = []): Program {
  const path = fileURLToPath(new URL(`../../dist/testing/${name}.js`, import.meta.url));
  const [command, ...before] = through;
  const rest = [...before, ...(command === undefined ? [] : [process.execPath]), path, ...args];
  const child = spawn(command ?? process.execPath, rest, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const closed = once(child, "close");
  let output = "";
  let errors = "";
  let looked = (): void => undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    looked();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  return {
    process: child,
    until(condition) {
      return new Promise((resolve, reject) => {
        looked = () => {
          if (condition(output)) resolve();
        };
        looked();
        child.once("close", () => reject(new Error(`${name} ended too early:\n${output}\n${errors}`)));
      });
    },
    async kill() {
      child.kill("SIGKILL");
      await closed;
      return output;
    },
    async ended() {
      await closed;
      return output;
    },
  };
}
