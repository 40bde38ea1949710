import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "./fail.mjs";

const pollMs = 100;
const waitLimitMs = 600_000;

/** Runs the body while this process alone holds the file; a holder that died is replaced. */
export async function withLock(file, body) {
  await mkdir(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, id: randomUUID() });
  const startedMs = Date.now();
  let announced = false;
  while (!(await acquire(file, mine))) {
    if (!announced) console.error("Another set-up of this folder is running; waiting for it.");
    announced = true;
    if (Date.now() - startedMs > waitLimitMs)
      throw new Failure(`Waited ${waitLimitMs / 60_000} minutes for ${file}. If no set-up is running, delete it.`);
    await sleep(pollMs);
  }
  try {
    return await body();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file, mine) {
  if (await create(file, mine)) return true;
  const holder = await read(file);
  if (holder === undefined || isAlive(holder)) return false;
  // Two waiters may see the same dead holder: only the one that creates the takeover file for it may replace it,
  // and only if that holder is still there.
  const takeover = `${file}.${holder.id}`;
  if (!(await create(takeover, mine))) return false;
  try {
    if ((await read(file))?.id !== holder.id) return false;
    await rename(takeover, file);
    return true;
  } finally {
    await rm(takeover, { force: true });
  }
}

async function create(file, text) {
  try {
    await writeFile(file, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

async function read(file) {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    // Released since, or its holder has created it but not written it yet.
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isAlive({ pid }) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
