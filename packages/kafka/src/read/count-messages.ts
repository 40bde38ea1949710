import type { MessageCount, StartPosition } from "@spillway/spec";

/** The offset at which a start begins, as the cluster says now. */
export type OffsetOfStart = (start: StartPosition) => Promise<number>;

/**
 * Counts by the distance of offsets. That is an upper bound: compaction, transaction markers and aborted transactions leave offsets without a message.
 */
export async function countMessages(offsetOf: OffsetOfStart, from: StartPosition, until: StartPosition): Promise<MessageCount> {
  const [first, last, begin, end] = await Promise.all([
    offsetOf({ at: "earliest" }),
    offsetOf({ at: "latest" }),
    offsetOf(from),
    offsetOf(until),
  ]);
  const messages = Math.max(0, Math.min(end, last) - Math.max(begin, first));
  return messages === 0 ? { is: "exactly", messages } : { is: "at most", messages };
}
