import type { LogSource } from "@spillway/spec";

/** Names a consumer's checkpoints and leases on one log: two consumers, or two logs, never share them, whatever characters their names have. */
export function scopeOf(source: Pick<LogSource<unknown>, "name" | "coordination">): string {
  return `${encodeURIComponent(source.coordination.consumer)}/${encodeURIComponent(source.name)}`;
}
