import type { QueueDescription } from "../describe-queue.ts";

/** A queue as it is made where nothing is said. */
export const plainQueue: QueueDescription = {
  arn: "arn:aws:sqs:eu-west-1:1:orders",
  fifo: false,
  visibilityTimeoutMs: 30_000,
  delayMs: 0,
  retentionMs: 345_600_000,
  maxMessageBytes: 1_048_576,
  redrive: undefined,
  contentBasedDeduplication: false,
  messages: { visible: 3, inFlight: 2, delayed: 1 },
};
