import { localTable, type LocalStore } from "@spillway/local";
import { SpillwayError } from "@spillway/spec";

/** How often the job was started on a store. */
export interface Starts {
  readonly count: number;
  /** How many of the starts before this one ended without saying so. */
  readonly killed: number;
  /** The process that works on the store now; null when none does. */
  readonly holder: number | null;
}

const key = "job";

/** Notes that the job has started, and keeps a second one from working on the same store. One that was killed is no hindrance. */
export async function noteStart(store: LocalStore): Promise<Starts> {
  const table = localTable<Starts>({ store, table: "starts" });
  return await table.update(key, (before = { count: 0, killed: 0, holder: null }) => {
    if (before.holder !== null && isAlive(before.holder)) {
      throw new SpillwayError(`Process ${before.holder} is working in ${store.directory}. Wait until it is done, or stop it with Ctrl-C.`, {
        code: "SPILLWAY_CONFLICT",
        failureClass: "fatal",
      });
    }
    return { count: before.count + 1, killed: before.killed + (before.holder === null ? 0 : 1), holder: process.pid };
  });
}

/** Notes that the job has ended in good order. */
export async function noteEnd(store: LocalStore): Promise<void> {
  const table = localTable<Starts>({ store, table: "starts" });
  await table.update(key, (before) => before && { ...before, holder: null });
}

function isAlive(pid: number): boolean {
  // After a restart of a container the dead one may have had our own number.
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
