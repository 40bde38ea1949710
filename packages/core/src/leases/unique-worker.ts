import type { Clock } from "@spillway/spec";

/**
 * A worker's name that no other process has or had: a record in it is surely ours. A name from outside alone (a pod's) may come back after a crash,
 * and the new process would take the dead one's leases for its own.
 */
export function uniqueWorker(worker: string, clock: Clock): string {
  const chance = Math.floor(clock.random() * 2 ** 48);
  return `${worker}#${Math.floor(clock.nowMs()).toString(36)}-${chance.toString(36)}`;
}
