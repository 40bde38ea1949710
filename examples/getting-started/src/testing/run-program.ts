import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a program is told while it runs. */
export interface RunProgramOptions {
  /** Sends SIGINT when this has been printed, twice, as a Ctrl-C arrives that npm passes on. */
  readonly stopAfter?: string;
}

/** Runs a built program of this package in a folder (npm test builds before it tests). Resolves to its exit code and the lines that it printed. */
export async function runProgram(
  name: string,
  folder: string,
  { stopAfter }: RunProgramOptions = {},
): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const path = fileURLToPath(new URL(`../../dist/${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [path], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let stopped = false;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
    if (stopped || stopAfter === undefined || !output.includes(stopAfter)) return;
    stopped = child.kill("SIGINT");
    const until = output.length;
    // Two at once would be one for the system; and one that comes while the program is ending already, having said its last, would kill it.
    setTimeout(() => setImmediate(() => output.length === until && child.kill("SIGINT")), 20);
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, lines: output.trimEnd().split("\n") };
}
