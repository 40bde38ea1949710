import type { QueueUse } from "@spillway/spec";
import { expect, test } from "vitest";
import type { QueueDescription } from "./describe-queue.ts";
import { queueAdvice } from "./queue-advice.ts";
import { plainQueue } from "./testing/plain-queue.ts";

const inProcess: QueueUse = { attempts: 5, maxAgeMs: undefined, receivesByRetry: 0, crashedAtReceive: 13 };
const inQueue: QueueUse = { ...inProcess, receivesByRetry: 4, crashedAtReceive: 29 };

function moving(maxReceiveCount: number, more: Partial<QueueDescription> = {}): QueueDescription {
  return { ...plainQueue, redrive: { deadLetterArn: "arn:dead", maxReceiveCount }, ...more };
}

test("a queue that leaves the pipeline alone gets no advice", () => {
  expect(queueAdvice(plainQueue, inProcess, 30_000)).toEqual([]);
  expect(queueAdvice(plainQueue, { ...inQueue, crashedAtReceive: undefined }, 30_000)).toEqual([]);
});

test("retries that wait in the process cost no receives, and so it is said", () => {
  expect(queueAdvice(moving(13), inProcess, 30_000)).toEqual([
    "The queue moves a message to arn:dead after 13 receives, without a reason. Attempts are made and waited for in the process, so that all 5 of them " +
      "cost one receive; a stop, a crash or a lost receipt costs another one each.",
  ]);
});

test("retries that wait in the queue cost a receive each: whether all attempts fit is said, and how many receives are to spare", () => {
  const [retries] = queueAdvice(moving(30), inQueue, 30_000);
  expect(retries).toContain("all 5 attempts fit, with 25 receives to spare");
  expect(queueAdvice(moving(5), inQueue, 30_000)[0]).toContain("all 5 attempts fit, with 0 receives to spare");
});

test("a redrive policy that comes before the retries are used up is said, with the number to set", () => {
  expect(queueAdvice(moving(4), inQueue, 30_000)[0]).toContain("of 5 attempts only 4 may be made. Set maxReceiveCount to at least 29.");
  const halting = { ...inQueue, crashedAtReceive: undefined };
  expect(queueAdvice(moving(4), halting, 30_000)[0]).toContain("of 5 attempts only 4 may be made. Set maxReceiveCount to at least 5.");
});

test("a redrive policy that comes before a killer is known is said, with the number to set", () => {
  const [, killers] = queueAdvice(moving(12), inProcess, 30_000);
  expect(killers).toContain("at its receive number 13: the queue moves it before that. Set maxReceiveCount to at least 13");
  expect(queueAdvice(moving(13), inProcess, 30_000)).toHaveLength(1);
});

test("a pipeline that may halt leaves killers to the redrive policy, and so it is said", () => {
  const [, killers] = queueAdvice(moving(50), { ...inProcess, crashedAtReceive: undefined }, 30_000);
  expect(killers).toContain("leaves a message that kills the process to the queue: that moves it after 50 receives");
});

test("a dead-letter queue on a FIFO queue breaks order, and so it is said", () => {
  expect(queueAdvice(moving(50, { fifo: true }), inProcess, 30_000).join()).toContain("order is broken");
});

test("a retention shorter than maxAgeMs would lose messages, and so it is said", () => {
  expect(queueAdvice(plainQueue, { ...inProcess, maxAgeMs: 345_600_001 }, 30_000).join()).toContain("it would be lost");
  expect(queueAdvice(plainQueue, { ...inProcess, maxAgeMs: 345_600_000 }, 30_000)).toEqual([]);
});

test("another visibility timeout of the queue is said to play no part", () => {
  expect(queueAdvice(plainQueue, inProcess, 60_000).join()).toContain("other consumers only");
});
