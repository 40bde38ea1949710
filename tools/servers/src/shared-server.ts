import { connect } from "node:net";
import { mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cacheFolder } from "./paths.ts";

/** What processes of one owner know of a server that they share. */
export interface SharedServer {
  readonly endpoint: string;
  readonly folder: string | undefined;
}

type Entry =
  | { readonly state: "starting"; readonly pid: number }
  | ({ readonly state: "ready" } & SharedServer)
  | { readonly state: "failed"; readonly message: string };

const limitMs = 400_000;

/** Starts a server once for all processes of the owner: the first to ask starts it, the others wait for that. */
export async function sharedServer(key: string, start: (entry: string) => Promise<SharedServer>): Promise<SharedServer> {
  const folder = join(cacheFolder, "run");
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${key}.json`);
  const endMs = performance.now() + limitMs;
  while (performance.now() < endMs) {
    if (await claim(file)) return startFor(file, start);
    const entry = await read(file);
    if (entry?.state === "ready" && (await listens(entry.endpoint))) return entry;
    if (entry?.state === "failed") throw new Error(entry.message);
    // Left by an owner of an earlier time with the same pid, or by a starter that was killed.
    if (entry?.state === "ready" || (entry?.state === "starting" && !isAlive(entry.pid))) await rm(file, { force: true });
    else await delay(50);
  }
  throw new Error(`The server of ${file} was not ready after ${limitMs} ms. Delete the file and try again.`);
}

/** What is known of a shared server now, undefined if nothing is. */
export async function sharedEntry(key: string): Promise<SharedServer | undefined> {
  const entry = await read(join(cacheFolder, "run", `${key}.json`));
  return entry?.state === "ready" ? entry : undefined;
}

async function startFor(file: string, start: (entry: string) => Promise<SharedServer>): Promise<SharedServer> {
  try {
    const { endpoint, folder } = await start(file);
    await write(file, { state: "ready", endpoint, ...(folder === undefined ? { folder: undefined } : { folder }) });
    return { endpoint, folder };
  } catch (error) {
    await write(file, { state: "failed", message: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

async function claim(file: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(JSON.stringify({ state: "starting", pid: process.pid } satisfies Entry));
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

async function read(file: string): Promise<Entry | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  // Empty between being made and being written.
  return text === "" ? undefined : (JSON.parse(text) as Entry);
}

async function write(file: string, entry: Entry): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(entry));
  await rename(`${file}.new`, file);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function listens(endpoint: string): Promise<boolean> {
  const [first = ""] = endpoint.split(",");
  const { hostname, port } = new URL(first.includes("://") ? first : `tcp://${first}`);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const end = (listening: boolean) => (): void => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", end(true));
    socket.once("error", end(false));
    socket.setTimeout(2_000, end(false));
  });
}
