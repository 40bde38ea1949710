import { afterEach, beforeEach, expect, test } from "vitest";
import { describeQueue } from "./describe-queue.ts";
import { calm } from "./testing/facts.ts";
import { startFakeSqs, type FakeSqs } from "./testing/fake-sqs.ts";
import { plainQueue } from "./testing/plain-queue.ts";
import { silenceSdk } from "./testing/silence-sdk.ts";

silenceSdk();
let sqs: FakeSqs;
beforeEach(async () => {
  sqs = await startFakeSqs();
});
afterEach(async () => {
  await sqs.close();
});

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
    ...plainQueue,
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
