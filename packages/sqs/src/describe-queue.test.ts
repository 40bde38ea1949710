import { afterEach, beforeEach, expect, test } from "vitest";
import { describeQueue, type QueueDescription } from "./describe-queue.ts";
import { queueAdvice } from "./queue-advice.ts";
import { calm } from "./testing/facts.ts";
import { startFakeSqs, type FakeSqs } from "./testing/fake-sqs.ts";
import { silenceSdk } from "./testing/silence-sdk.ts";

silenceSdk();
let sqs: FakeSqs;
beforeEach(async () => {
  sqs = await startFakeSqs();
});
afterEach(async () => {
  await sqs.close();
});

const description: QueueDescription = {
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
const intent = { attempts: 5, visibilityTimeoutMs: 30_000 };

test("a queue's settings are read in our units", async () => {
  sqs.on("GetQueueAttributes", () => ({
    json: {
      Attributes: {
        QueueArn: "arn:aws:sqs:eu-west-1:1:orders",
        VisibilityTimeout: "30",
        DelaySeconds: "0",
        MessageRetentionPeriod: "345600",
        MaximumMessageSize: "1048576",
        RedrivePolicy: '{"deadLetterTargetArn":"arn:dead","maxReceiveCount":"4"}',
        ApproximateNumberOfMessages: "3",
        ApproximateNumberOfMessagesNotVisible: "2",
        ApproximateNumberOfMessagesDelayed: "1",
      },
    },
  }));
  expect(await describeQueue({ client: sqs.client(), queueUrl: sqs.queueUrl, signal: calm })).toEqual({
    ...description,
    redrive: { deadLetterArn: "arn:dead", maxReceiveCount: 4 },
  });
});

test("a missing queue is fatal", async () => {
  sqs.on("GetQueueAttributes", () => ({ status: 400, name: "QueueDoesNotExist" }));
  await expect(describeQueue({ client: sqs.client(), queueUrl: sqs.queueUrl, signal: calm })).rejects.toMatchObject({
    code: "SPILLWAY_SQS_QUEUE_MISSING",
    failureClass: "fatal",
  });
});

test("a queue that leaves the pipeline alone gets no advice", () => {
  expect(queueAdvice(description, intent)).toEqual([]);
});

test("a redrive policy that comes before the pipeline's own retries is said, with the number to set", () => {
  const [retries, crashes] = queueAdvice({ ...description, redrive: { deadLetterArn: "arn:dead", maxReceiveCount: 3 } }, intent);
  expect(retries).toContain("arn:dead after 3 receives");
  expect(retries).toContain("at least 13");
  expect(crashes).toContain("at its receive number 13 (crashLimit 3)");
});

test("a redrive policy that comes before a killer is known is said; retries that wait in the queue need more room", () => {
  const at = (maxReceiveCount: number, more = {}) =>
    queueAdvice({ ...description, redrive: { deadLetterArn: "arn:dead", maxReceiveCount } }, { ...intent, ...more });
  expect([at(12).length, at(13).length, at(5, { crashLimit: 1 }).length]).toEqual([1, 0, 0]);
  expect(at(28, { giveBackAfterMs: 60_000 }).join()).toContain("at least 29");
  expect(at(29, { giveBackAfterMs: 60_000 })).toEqual([]);
});

test("a dead-letter queue on a FIFO queue breaks order, and so it is said", () => {
  expect(queueAdvice({ ...description, fifo: true, redrive: { deadLetterArn: "arn:dead", maxReceiveCount: 50 } }, intent).join()).toContain(
    "order is broken",
  );
});

test("a retention shorter than maxAgeMs would lose messages, and so it is said", () => {
  expect(queueAdvice(description, { ...intent, maxAgeMs: 345_600_001 }).join()).toContain("it would be lost");
  expect(queueAdvice(description, { ...intent, maxAgeMs: 345_600_000 })).toEqual([]);
});

test("another visibility timeout of the queue is said to play no part", () => {
  expect(queueAdvice(description, { ...intent, visibilityTimeoutMs: 60_000 }).join()).toContain("other consumers only");
});
