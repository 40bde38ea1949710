import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The built job as a process of its own, its output not a terminal. */
export interface StartedJob {
  readonly process: ChildProcessWithoutNullStreams;
  /** Resolves when this text has been printed, or the process has ended. */
  printed(text: string): Promise<void>;
  /** Resolves when the process has ended, to how it ended and what it printed. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly output: string }>;
}

/** Starts the built job (npm run build makes it) with these arguments. */
export function startJob(args: readonly string[], env: Readonly<Record<string, string>> = {}): StartedJob {
  const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, NO_COLOR: "1", ...env } });
  let output = "";
  const waiting = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const look of waiting) look();
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  const ended = once(child, "close").then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    output,
  }));
  return {
    process: child,
    ended,
    async printed(text) {
      const seen = new Promise<void>((resolve) => {
        const look = (): void => {
          if (!output.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
      await Promise.race([seen, ended]);
    },
  };
}
