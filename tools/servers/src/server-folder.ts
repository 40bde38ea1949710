import { spawn } from "node:child_process";
import { openSync, closeSync } from "node:fs";
import { mkdir, mkdtemp, realpath, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A process of a server that was started here. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
  readonly isGone: () => boolean;
  /** Sends a signal; does nothing when the process is gone. One that ends it keeps this process alive until then, so that `gone` may be waited for. */
  signal(name: NodeJS.Signals): void;
  /** Resolves to the last lines that the process printed. */
  output(): Promise<string>;
}

/** A data folder whose servers die, and which is removed, when its owner does. */
export interface ServerFolder {
  readonly path: string;
  /** Starts a process that outlives this one only until the owner ends. The folder's path must be among the arguments. */
  start(name: string, command: string, args: readonly string[], env?: Readonly<Record<string, string>>): ServerProcess;
  /** Kills what runs here and removes the folder. */
  remove(): Promise<void>;
}

/** Where a folder's life ends. */
export interface FolderOptions {
  /** The process whose end ends the servers; 0: none, then only a file named "stop" in the folder does. Default: this process. */
  readonly ownerPid?: number;
  /** A file to remove with the folder. */
  readonly entry?: string;
}

const guard = fileURLToPath(new URL("../guard/guard.mjs", import.meta.url));

/** Makes a data folder and the guard that watches over its owner. */
export async function serverFolder(name: string, options: FolderOptions = {}): Promise<ServerFolder> {
  const path = await mkdtemp(join(await realpath(tmpdir()), `spillway-${name}-`));
  await mkdir(join(path, "pids"));
  const args = [guard, String(options.ownerPid ?? process.pid), path, options.entry ?? ""];
  spawn(process.execPath, args, { detached: true, stdio: "ignore" }).unref();
  const running = new Set<ServerProcess>();

  return {
    path,
    start(processName, command, commandArgs, env = {}) {
      const logFile = join(path, `${processName}.log`);
      const log = openSync(logFile, "a");
      // The shell writes the pid that the server then has, so that there is no server without one, whenever the owner dies.
      const script = 'echo $$ > "$0" && exec "$@"';
      const pidFile = join(path, "pids", processName);
      const child = spawn("/bin/sh", ["-c", script, pidFile, command, ...commandArgs], {
        cwd: path,
        detached: true,
        env: { ...process.env, ...env },
        stdio: ["ignore", log, log],
      });
      closeSync(log);
      child.unref();
      let isGone = false;
      const gone = new Promise<void>((resolve) => {
        const end = (): void => {
          isGone = true;
          running.delete(started);
          resolve();
        };
        child.once("exit", end);
        child.once("error", end);
      });
      const started: ServerProcess = {
        pid: child.pid ?? -1,
        gone,
        isGone: () => isGone,
        signal(signal) {
          if (isGone) return;
          // It was unref'd, so that it outlives nobody's last work; but whoever waits for its end may have nothing else that keeps this process alive.
          if (signal === "SIGKILL" || signal === "SIGTERM") child.ref();
          child.kill(signal);
        },
        output: () =>
          readFile(logFile, "utf8").then(
            (text) => text.split("\n").slice(-30).join("\n"),
            () => "",
          ),
      };
      running.add(started);
      return started;
    },
    async remove() {
      const processes = [...running];
      for (const one of processes) one.signal("SIGKILL");
      await Promise.all(processes.map((one) => one.gone));
      await rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
      if (options.entry !== undefined) await rm(options.entry, { force: true });
    },
  };
}

/** Asks the guard of a folder, also one that another process made, to end its servers and remove it. */
export async function requestStop(folder: string): Promise<void> {
  await writeFile(join(folder, "stop"), "");
}
