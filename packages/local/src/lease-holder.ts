import { readFileSync, readlinkSync } from "node:fs";

/** Names the process that wrote a lease, so that others on the same machine can tell whether it still runs. */
export interface LeaseHolder {
  readonly pid: number;
  /** When it started, as the system counts; undefined where the system does not say. A later process of the same number has another. */
  readonly started: string | undefined;
  /** The boot of the machine and the set of processes in which the number means it; undefined where the system knows no such sets. */
  readonly realm: string | undefined;
}

let own: LeaseHolder | undefined;

/** This process. */
export function thisProcess(): LeaseHolder {
  own ??= { pid: process.pid, started: statusOf(process.pid)?.started, realm: realmOf() };
  return own;
}

/** Whether a process has ended for sure. One that cannot be judged from here, as in another container, counts as running. */
export function hasEnded({ pid, started, realm }: LeaseHolder): boolean {
  if (realm !== thisProcess().realm) return false;
  if (!isKnown(pid)) return true;
  const status = statusOf(pid);
  if (status === undefined) return false;
  return status.isZombie || (started !== undefined && status.started !== started);
}

/** Takes a holder out of parsed JSON; undefined when it is none. */
export function parseHolder(value: unknown): LeaseHolder | undefined {
  if (typeof value !== "object" || value === null || !("pid" in value) || typeof value.pid !== "number") return undefined;
  const text = (name: "started" | "realm"): string | undefined => {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    return typeof member === "string" ? member : undefined;
  };
  return { pid: value.pid, started: text("started"), realm: text("realm") };
}

function isKnown(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** proc(5): the name in parentheses may hold anything; the state is the first field after it, the start time the twentieth. */
function statusOf(pid: number): { readonly isZombie: boolean; readonly started: string } | undefined {
  const stat = readOrNothing(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields ?? [];
  const started = fields?.[19];
  return state === undefined || started === undefined ? undefined : { isZombie: state === "Z" || state === "X", started };
}

function realmOf(): string | undefined {
  const boot = readOrNothing(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim());
  const namespace = readOrNothing(() => readlinkSync("/proc/self/ns/pid"));
  return boot === undefined || namespace === undefined ? undefined : `${boot} ${namespace}`;
}

function readOrNothing(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    // Not Linux, or the process has just ended: there is nothing to read.
    return undefined;
  }
}
