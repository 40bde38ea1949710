// Ends the servers of one folder when their owner is gone, however it went, and then removes the folder.
// Run as: node guard.mjs OWNER_PID FOLDER ENTRY. An owner of 0 never goes. ENTRY is a file that is removed with the folder, or "".
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";

const pollMs = 200;
const [ownerPid, folder, entry] = [Number(process.argv[2]), process.argv[3], process.argv[4]];

const timer = setInterval(() => {
  if (existsSync(folder) && !existsSync(`${folder}/stop`) && (ownerPid === 0 || isAlive(ownerPid))) return;
  clearInterval(timer);
  sweep();
  // A server that was just being started writes its pid a moment after its owner died.
  setTimeout(() => {
    sweep();
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    if (entry !== "") rmSync(entry, { force: true });
  }, 300);
}, pollMs);

function sweep() {
  if (!existsSync(`${folder}/pids`)) return;
  for (const name of readdirSync(`${folder}/pids`)) {
    const pid = Number(readFileSync(`${folder}/pids/${name}`, "utf8"));
    if (Number.isInteger(pid) && pid > 1 && isOurs(pid)) end(pid);
  }
}

function end(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** A pid may have been given to another program since; ours carry the folder among their arguments. */
function isOurs(pid) {
  try {
    return execFileSync("ps", ["-ww", "-o", "args=", "-p", String(pid)], { encoding: "utf8" }).includes(folder);
  } catch {
    return false; // ps ends with 1 when there is no such process
  }
}

/** A killed process whose parent has not asked for its end yet still answers to signal 0. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
  if (process.platform !== "linux") return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.charAt(stat.lastIndexOf(")") + 2) !== "Z";
  } catch {
    return false;
  }
}
