/** The boundaries that the engine crosses, and a user's own calls. */
export const faultPoints = [
  "partitions",
  "read",
  "receive",
  "ack",
  "nack",
  "extend",
  "handler",
  "sink",
  "dead-letter",
  "checkpoint.load",
  "checkpoint.save",
  "lease.list",
  "lease.write",
  "lease.remove",
  "group.beat",
  "group.release",
  "call",
] as const;

/** One of the boundaries. */
export type FaultPoint = (typeof faultPoints)[number];

/** What can become of a call. */
export const faultKinds = [
  /** It is rejected and nothing was done. */
  "refused",
  /** It takes seconds. */
  "slow",
  /** It is not answered until its signal aborts, or the client loses patience after a minute; it may have been done. */
  "hanging",
  /** It is done, and then rejected: the answer was lost. */
  "answer lost",
  /** It is done twice, as a client does that repeats what it believes lost; the answer is one of the two. */
  "twice",
  /** It is rejected, and done seconds later. */
  "late",
  /** Some of it is done. */
  "partial",
  /** The process dies when it makes the call; the call may arrive nevertheless. */
  "crash before",
  /** The process dies when the call is done, before it is answered. */
  "crash after",
] as const;

/** One of the fates of a call. */
export type FaultKind = (typeof faultKinds)[number];

/** Calls at a boundary meet a fate, by chance, for a time. */
export interface FaultRule {
  readonly point: FaultPoint;
  readonly kind: FaultKind;
  /** The share of calls that meet it. */
  readonly share: number;
  /** In milliseconds from the beginning of the run. */
  readonly fromMs: number;
  readonly untilMs: number;
}
