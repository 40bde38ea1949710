import type { Checkpoint, MessageCount, StartPosition } from "@spillway/spec";

/** Up to where a consumer had come past everything, by its checkpoint; undefined when it had come past nothing. */
export function reached(before: Checkpoint | undefined): StartPosition | undefined {
  if (before === undefined) return undefined;
  return before.state === "finished" ? { at: "latest" } : before.from;
}

/** How many messages are given again, when this many lie between the rewind's target and the checkpoint's watermark. */
export function withDone(between: MessageCount, before: Checkpoint | undefined): MessageCount {
  const done = before?.state === "reading" ? before.done.length : 0;
  if (between.is === "unknown" || done === 0) return between;
  // Whether the target is before the watermark, and so before all that was done beyond it, shows only where something lies between.
  const is = between.messages === 0 ? "at most" : between.is;
  return { is, messages: between.messages + done };
}

/** The sum of counts: no more exact than the least exact of them, and unknown where one is. */
export function sumOf(counts: readonly MessageCount[]): MessageCount {
  return counts.reduce(plus, { is: "exactly", messages: 0 });
}

function plus(one: MessageCount, other: MessageCount): MessageCount {
  if (one.is === "unknown") return one;
  if (other.is === "unknown") return other;
  const is = one.is === "at most" || other.is === "at most" ? "at most" : "exactly";
  return { is, messages: one.messages + other.messages };
}
