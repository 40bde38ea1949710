import type { QueueDescription } from "./describe-queue.ts";

/** What a pipeline intends, as far as its queue has a say in it. */
export interface PipelineIntent {
  /** How often a failing message is to be tried. */
  readonly attempts: number;
  /** How long a message may be retried, in milliseconds; undefined when there is no limit. */
  readonly maxAgeMs?: number;
  /** sqsSource's visibilityTimeoutMs. */
  readonly visibilityTimeoutMs: number;
  /** The engine's crashLimit, 3 where left out: beyond four times as many receives without an outcome a message is dead-lettered as crashed. */
  readonly crashLimit?: number;
  /** That of `retry`: longer waits are spent in the queue, where each ends with a receive. Undefined when retries wait in the process. */
  readonly giveBackAfterMs?: number;
}

/** How many times crashLimit a message is received before the engine dead-letters it as one that kills the process. */
const crashedAfter = 4;

/** What the queue's own settings will do to a pipeline, one sentence each; empty when they leave it alone. */
export function queueAdvice(queue: QueueDescription, intent: PipelineIntent): readonly string[] {
  const { redrive } = queue;
  const { attempts, maxAgeMs, visibilityTimeoutMs, crashLimit = 3, giveBackAfterMs } = intent;
  // The engine leaves that much room for receives that were only retries; SQS moves a message with the receive after maxReceiveCount.
  const needed = crashedAfter * (crashLimit + (giveBackAfterMs === undefined ? 0 : attempts - 1)) + 1;
  const advice: string[] = [];
  if (redrive !== undefined) {
    const { deadLetterArn, maxReceiveCount } = redrive;
    // A retry in the process costs no receive; one that waits in the queue does, and so does each stop, crash and lost receipt.
    if (maxReceiveCount < attempts) {
      advice.push(
        `The queue moves a message to ${deadLetterArn} after ${maxReceiveCount} receives. Retries that wait in the queue, restarts and crashes count as ` +
          `receives, so of ${attempts} attempts some may never be made, and such a message has no dead letter of Spillway's. ` +
          `Set maxReceiveCount to at least ${Math.max(needed, attempts + crashLimit)}.`,
      );
    }
    if (maxReceiveCount < needed) {
      advice.push(
        `The queue moves a message away after ${maxReceiveCount} receives. One that kills the process is dead-lettered, with its reason, at its receive ` +
          `number ${needed} (crashLimit ${crashLimit}): set maxReceiveCount to at least ${needed}, unless the queue is to come first.`,
      );
    }
    if (queue.fifo)
      advice.push(`When the queue moves a message of a group to ${deadLetterArn}, the group goes on without it: order is broken there.`);
  }
  if (maxAgeMs !== undefined && maxAgeMs > queue.retentionMs) {
    advice.push(
      `The queue deletes a message ${queue.retentionMs} ms after it was sent, before maxAgeMs (${maxAgeMs}) dead-letters it: it would be lost. ` +
        "Make the queue's retention longer, or maxAgeMs shorter.",
    );
  }
  if (queue.visibilityTimeoutMs !== visibilityTimeoutMs) {
    advice.push(
      `The queue's own visibility timeout is ${queue.visibilityTimeoutMs} ms; this source uses ${visibilityTimeoutMs} ms with every receive, ` +
        "so the queue's applies to other consumers only.",
    );
  }
  return advice;
}
