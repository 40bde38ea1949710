import type { LogSource } from "@spillway/spec";

/** The scope of a consumer's leases and checkpoints on one log, named as the engine names it. */
export function scopeOf({ name, coordination }: Pick<LogSource<unknown>, "name" | "coordination">): string {
  return `${encodeURIComponent(coordination.consumer)}/${encodeURIComponent(name)}`;
}
