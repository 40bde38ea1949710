import {
  checkpoint,
  constant,
  consult,
  consume,
  deadLetter,
  decode,
  explain,
  handle,
  retry,
  run,
  text,
  type RetryPolicy,
} from "@spillway/core";
import { describeQueue, sqsSink, sqsSource } from "@spillway/sqs";
import { serversFor } from "@spillway-tools/servers";
import { describe, expect, test } from "vitest";
import { drain, maxBytes, openQueue, sendAll, type ProofQueue } from "./queues.ts";

const server = await serversFor("sqs");
const calm = new AbortController().signal;
const maxReceiveCount = 2;

interface Redriven {
  /** What explain() said of the queue while the pipeline ran. */
  readonly advice: readonly string[];
  /** What consult() had said before. */
  readonly foretold: readonly string[];
  /** How often the handler was tried. */
  readonly attempts: number;
  /** What the pipeline's own dead letters hold. */
  readonly ours: readonly string[];
  /** What the queue's own dead-letter queue holds. */
  readonly theirs: readonly string[];
}

/** Fails a message for good, on a queue that moves it away after two receives. */
async function failOn(endpoint: string, policy: Partial<RetryPolicy>): Promise<Redriven> {
  const [ours, theirs] = [await openQueue(endpoint, { fifo: false }), await openQueue(endpoint, { fifo: false })];
  const { arn: deadLetterTargetArn } = await describeQueue({ ...theirs, signal: calm });
  const attributes = { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) };
  const queue = await openQueue(endpoint, { fifo: false, attributes });
  await sendAll(sqsSink({ ...queue, maxBytes }), [{ value: new TextEncoder().encode("poison") }]);
  let attempts = 0;
  const stop = new AbortController();
  const pipeline = consume(sqsSource({ ...queue, waitMs: 1_000 }), { ordering: "none" }).pipe(
    decode(text()),
    handle(() => {
      attempts += 1;
      throw new Error("it never works");
    }),
    retry({ attempts: 5, backoff: constant(50), ...policy }),
    deadLetter(sqsSink({ ...ours, maxBytes })),
    checkpoint(),
  );
  const foretold = (await consult(pipeline, { signal: calm })).advice;
  const running = run(pipeline, { signal: stop.signal });
  await expect.poll(() => queue.held(), { timeout: 30_000, interval: 100 }).toBe(0);
  const { advice } = explain(pipeline);
  stop.abort();
  await running;
  const held = (each: ProofQueue): Promise<readonly string[]> => drain(sqsSource({ ...each, waitMs: 1_000 }));
  const ended = { advice, foretold, attempts, ours: await held(ours), theirs: await held(theirs) };
  for (const each of [queue, ours, theirs]) await each.close();
  return ended;
}

describe.skipIf(server.skip !== undefined)("SQS's own redrive policy", () => {
  test("retries that wait in the queue: explain says that only two of five are made, and so it is", { timeout: 60_000 }, async () => {
    const { advice, foretold, attempts, ours, theirs } = await failOn(server.endpoint, { giveBackAfterMs: 10 });
    expect(advice.join()).toContain("of 5 attempts only 2 may be made");
    expect(foretold).toEqual(advice);
    expect({ attempts, ours, theirs }).toEqual({ attempts: 2, ours: [], theirs: ["poison"] });
  });

  test("retries that wait in the process: explain says that all five cost one receive, and so it is", { timeout: 60_000 }, async () => {
    const { advice, foretold, attempts, ours, theirs } = await failOn(server.endpoint, {});
    expect(advice.join()).toContain("all 5 of them cost one receive");
    expect(foretold).toEqual(advice);
    expect({ attempts, ours, theirs }).toEqual({ attempts: 5, ours: ["poison"], theirs: [] });
  });
});
