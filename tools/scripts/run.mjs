import { spawn } from "node:child_process";
import { Failure } from "./fail.mjs";
import { root } from "./paths.mjs";

/** Runs a command in the root folder with this terminal, and resolves with its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    child.on("error", (error) => reject(new Failure(`${command} could not be started: ${error.message}`)));
    child.on("close", (code, signal) => resolve(signal === null ? code : 1));
  });
}

/** Runs a command in the root folder and resolves with its exit code and everything it printed, in order. */
export function capture(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    child.on("error", (error) => reject(new Failure(`${command} could not be started: ${error.message}`)));
    child.on("close", (code, signal) => resolve({ code: signal === null ? code : 1, output: Buffer.concat(chunks).toString() }));
  });
}

/** Runs a command quietly; when it fails, throws a Failure with what it printed. */
export async function must(command, args, options = {}) {
  const { code, output } = await capture(command, args, options);
  if (code !== 0) throw new Failure(`${output.trimEnd()}\n\n${[command, ...args].join(" ")} ended with code ${code}.`);
  return output;
}
