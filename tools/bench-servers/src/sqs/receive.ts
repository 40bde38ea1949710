import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario } from "@spillway-tools/bench/bar";
import { inRounds, ratioOf, sayRounds, type Taken } from "../taken.ts";
import { byConsumerBatches, byConsumerMessages, byEngine, byHand, type Handler, type Take } from "./consumers.ts";
import { messages, onQueue } from "./queue.ts";

const noOp: Handler = () => Promise.resolve();
const fiveMs: Handler = () => sleep(5);
/** handleMessage takes one after another: with 5,000, most of the time would be its. */
const fewer = 1_000;

/** A round of a no-op handler lasts half a second: before so many, what is measured is how much code there is to compile. */
const warmUps = 8;

/** What the receives that find the queue empty at its end, and settlements that are no full ten, may add to the calls. */
const endOfQueue = 0.02;

/** Receive, handle, delete: each message settled by itself, against a loop that deletes in tens, and against sqs-consumer 14.2.8. */
export const receive: Scenario = {
  bars: [
    { name: "sqs-rate", says: "no-op: rate, of a loop by hand", atLeast: 0.95, unit: "x" },
    { name: "sqs-cpu", says: "no-op: CPU, of a loop by hand", atMost: 1.15, unit: "x" },
    { name: "sqs-calls", says: "no-op: calls, of a loop by hand", atMost: 1 + endOfQueue, unit: "x" },
    { name: "sqs-rate-5ms", says: "5 ms: rate, of a loop by hand", atLeast: 0.95, unit: "x" },
    { name: "sqs-cpu-5ms", says: "5 ms: CPU, of a loop by hand", atMost: 1.15, unit: "x" },
    { name: "sqs-consumer-batch", says: "5 ms: rate, of sqs-consumer's handleMessageBatch × 8", atLeast: 1, unit: "x" },
    { name: "sqs-consumer", says: "5 ms: rate, of sqs-consumer's handleMessage", atLeast: 3, unit: "x" },
  ],
  async measure() {
    const taking =
      (take: Take, handler: Handler, count = messages) =>
      (): Promise<Taken> =>
        onQueue(count, "full", (client, queueUrl) => take(client, queueUrl, count, handler));
    const bare = await inRounds({ engine: taking(byEngine, noOp), "by hand": taking(byHand, noOp) }, 4, warmUps);
    const timed = await inRounds(
      {
        engine: taking(byEngine, fiveMs),
        "by hand": taking(byHand, fiveMs),
        "handleMessageBatch × 8": taking(byConsumerBatches, fiveMs),
        handleMessage: taking(byConsumerMessages, fiveMs, fewer),
      },
      4,
    );
    const bareDetail = `no-op: ${sayRounds(bare)}`;
    const timedDetail = `5 ms: ${sayRounds(timed)}`;
    return [
      { name: "sqs-rate", ...ratioOf(bare, "wallMs", "by hand", "engine"), detail: bareDetail },
      { name: "sqs-cpu", ...ratioOf(bare, "cpuMs", "engine", "by hand"), detail: bareDetail },
      { name: "sqs-calls", ...ratioOf(bare, "calls", "engine", "by hand"), detail: bareDetail },
      { name: "sqs-rate-5ms", ...ratioOf(timed, "wallMs", "by hand", "engine"), detail: timedDetail },
      { name: "sqs-cpu-5ms", ...ratioOf(timed, "cpuMs", "engine", "by hand"), detail: timedDetail },
      { name: "sqs-consumer-batch", ...ratioOf(timed, "wallMs", "handleMessageBatch × 8", "engine"), detail: timedDetail },
      { name: "sqs-consumer", ...ratioOf(timed, "wallMs", "handleMessage", "engine"), detail: timedDetail },
    ];
  },
};
