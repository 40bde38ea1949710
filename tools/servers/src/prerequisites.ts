import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { jarsFolder, type JarSet } from "./jars.ts";

/** Resolves to why servers that run on Java cannot be started here, or undefined when they can. */
export async function javaMissing(jars: JarSet): Promise<string | undefined> {
  if (process.platform === "win32") return "the test servers are started with a POSIX shell, which Windows does not have";
  if (!(await runs("java", ["-version"]))) return "there is no Java (17 or newer is needed: the command `java`)";
  if (!existsSync(jarsFolder(jars)) && !(await runs("mvn", ["-v"])))
    return "there is no Maven to fetch the server with (the command `mvn`)";
  return undefined;
}

function runs(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 30_000 }, (error) => resolve(error === null));
  });
}
