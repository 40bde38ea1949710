import { isNamed } from "./kinesis-error.ts";
import type { IteratorStart } from "./shard-cursor.ts";

/** How far two clocks may differ: the SDK signs with the service's time when they differ by more than some minutes. */
const maxSkewMs = 900_000;

/**
 * Whether Kinesis refused a start because it lies in its future: the clock that made it was ahead. Nothing can be as young as that, so that LATEST
 * leaves nothing out; for a time that is long past it would.
 */
export function isInTheFuture(error: unknown, { ShardIteratorType, Timestamp }: IteratorStart, nowMs: number): boolean {
  if (ShardIteratorType !== "AT_TIMESTAMP" || Timestamp === undefined) return false;
  return (
    isNamed(error, "InvalidArgumentException") && /timestamp/i.test((error as Error).message) && Timestamp.getTime() > nowMs - maxSkewMs
  );
}
