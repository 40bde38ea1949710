import type { LogSource } from "@spillway/spec";

/** Names a consumer's checkpoints and leases on one log: two consumers, or two logs, never share them. */
export function scopeOf(source: Pick<LogSource<unknown>, "name" | "coordination">): string {
  return `${source.coordination.consumer}/${source.name}`;
}
