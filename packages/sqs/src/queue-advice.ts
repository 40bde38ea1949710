import type { QueueUse } from "@spillway/spec";
import type { QueueDescription } from "./describe-queue.ts";

/** What the queue's own settings will do to a pipeline, one sentence or two for each that matters; empty when they leave it alone. */
export function queueAdvice(queue: QueueDescription, use: QueueUse, visibilityTimeoutMs: number): readonly string[] {
  const { redrive } = queue;
  const advice: string[] = [];
  if (redrive !== undefined) {
    advice.push(ofRetries(redrive, use), ...ofKillers(redrive, use));
    if (queue.fifo)
      advice.push(
        `When the queue moves a message of a group to ${redrive.deadLetterArn}, the group goes on without it: order is broken there.`,
      );
  }
  if (use.maxAgeMs !== undefined && use.maxAgeMs > queue.retentionMs) {
    advice.push(
      `The queue deletes a message ${queue.retentionMs} ms after it was sent, before maxAgeMs (${use.maxAgeMs}) dead-letters it: it would be lost. ` +
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

type Redrive = NonNullable<QueueDescription["redrive"]>;

/** SQS counts receives, not failures: which of the attempts cost one decides how many of them fit. */
function ofRetries({ deadLetterArn, maxReceiveCount }: Redrive, { attempts, receivesByRetry, crashedAtReceive }: QueueUse): string {
  const moves = `The queue moves a message to ${deadLetterArn} after ${maxReceiveCount} receives, without a reason.`;
  if (receivesByRetry === 0) {
    return (
      `${moves} Attempts are made and waited for in the process, so that all ${attempts} of them cost one receive; ` +
      "a stop, a crash or a lost receipt costs another one each."
    );
  }
  const costs = `A retry that waits in the queue costs a receive, as a stop, a crash and a lost receipt do:`;
  if (maxReceiveCount >= attempts)
    return `${moves} ${costs} all ${attempts} attempts fit, with ${maxReceiveCount - attempts} receives to spare.`;
  const enough = crashedAtReceive ?? attempts;
  return `${moves} ${costs} of ${attempts} attempts only ${maxReceiveCount} may be made. Set maxReceiveCount to at least ${enough}.`;
}

/** Beyond a number of receives without an outcome the engine takes a message for what kills the process. SQS moves it with the receive after maxReceiveCount. */
function ofKillers({ maxReceiveCount }: Redrive, { crashedAtReceive }: QueueUse): readonly string[] {
  if (crashedAtReceive === undefined)
    return [
      `The pipeline may halt, so that it leaves a message that kills the process to the queue: that moves it after ${maxReceiveCount} receives.`,
    ];
  if (maxReceiveCount >= crashedAtReceive) return [];
  return [
    `A message that kills the process is dead-lettered by the pipeline, with its reason, at its receive number ${crashedAtReceive}: ` +
      `the queue moves it before that. Set maxReceiveCount to at least ${crashedAtReceive}, unless the queue is to come first.`,
  ];
}
