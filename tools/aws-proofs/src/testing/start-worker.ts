import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A worker in a process of its own. */
export interface Worker {
  readonly process: ChildProcess;
  /** What it has handled so far, one text a message. */
  handled(): readonly string[];
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Removes what it has written. */
  remove(): void;
}

/** Starts the built worker; npm test builds before it tests. It writes into a file of its own, or adds to one that is there. */
export function startWorker(args: readonly string[], sharedFile?: string): Worker {
  const path = fileURLToPath(new URL("../../dist/testing/worker.js", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "spillway-worker-"));
  const handledFile = sharedFile ?? join(folder, "handled");
  if (sharedFile === undefined) writeFileSync(handledFile, "");
  const child = spawn(process.execPath, [path, handledFile, ...args], { stdio: "inherit" });
  return {
    process: child,
    handled: () => readFileSync(handledFile, "utf8").split("\n").slice(0, -1),
    ended: once(child, "close").then(() => undefined),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
