import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SendMessageBatchCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { sqsSink, sqsSource } from "@spillway/sqs";
import { serversFor } from "@spillway-tools/servers";
import { localClient, openQueue, sendAll } from "./queues.ts";

/*
 * What the engine costs on SQS beside a loop written by hand, in one run: rate, CPU and calls. `node dist/main.js [ROUNDS]`.
 */

type Handler = () => Promise<void>;

/** Takes all messages out of a queue; resolves when the last is deleted. */
type Consumer = (client: SQSClient, queueUrl: string, handler: Handler) => Promise<void>;

interface Taken {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly callsPer1000: number;
}

const messages = 5_000;
const receivers = 8;
const rounds = Number(process.argv[2] ?? 3);
const payload = new TextEncoder().encode("x".repeat(200));
const { endpoint } = await serversFor("sqs");

/** Loops that receive ten, handle them and delete them. */
const byHand: Consumer = async (client, QueueUrl, handler) => {
  let left = messages;
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    while (left > 0) {
      const receive = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      });
      const { Messages = [] } = await client.send(receive, { abortSignal: stop.signal });
      if (Messages.length === 0) continue;
      await Promise.all(Messages.map(() => handler()));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      left -= Messages.length;
      if (left <= 0) stop.abort();
    }
  };
  await Promise.allSettled(Array.from({ length: receivers }, loop));
};

const byEngine: Consumer = async (client, queueUrl, handler) => {
  const stop = new AbortController();
  let left = messages;
  const handled = (): void => {
    left -= 1;
    if (left === 0) stop.abort();
  };
  await run(
    consume(sqsSource({ client, queueUrl, receivers, waitMs: 1_000 }), { ordering: "none" }).pipe(
      handle(() => handler().then(handled), { concurrency: 80 }),
      haltOnFailure(),
      checkpoint(),
    ),
    { signal: stop.signal },
  );
};

async function measure(client: SQSClient, work: () => Promise<void>): Promise<Taken> {
  let calls = 0;
  const count = { step: "finalizeRequest", name: "countCalls", override: true } as const;
  client.middlewareStack.add(
    (next) => (args) => {
      calls += 1;
      return next(args);
    },
    count,
  );
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await work();
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: messages / seconds, cpuMicros: (user + system) / messages, callsPer1000: (calls * 1_000) / messages };
}

async function consumed(consumer: Consumer, handler: Handler): Promise<Taken> {
  const queue = await openQueue(endpoint, { fifo: false });
  const client = localClient(endpoint);
  try {
    await sendAll(
      sqsSink(queue),
      Array.from({ length: messages }, () => ({ value: payload })),
    );
    return await measure(client, () => consumer(client, queue.queueUrl, handler));
  } finally {
    client.destroy();
    await queue.close();
  }
}

async function sent(how: "hand" | "sink"): Promise<Taken> {
  const queue = await openQueue(endpoint, { fifo: false });
  const client = localClient(endpoint);
  try {
    return await measure(client, async () => {
      if (how === "sink")
        return await sendAll(
          sqsSink({ client, queueUrl: queue.queueUrl, maxBatchSize: messages }),
          Array.from({ length: messages }, () => ({ value: payload })),
        );
      const MessageBody = new TextDecoder().decode(payload);
      let left = messages / 10;
      const loop = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await client.send(
            new SendMessageBatchCommand({
              QueueUrl: queue.queueUrl,
              Entries: Array.from({ length: 10 }, (_, index) => ({ Id: String(index), MessageBody })),
            }),
          );
        }
      };
      await Promise.all(Array.from({ length: receivers }, loop));
    });
  } finally {
    client.destroy();
    await queue.close();
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function report(name: string, hand: readonly Taken[], ours: readonly Taken[]): void {
  for (const figure of ["perSecond", "cpuMicros", "callsPer1000"] as const) {
    const [byHands, byUs] = [hand, ours].map((all) => median(all.map((taken) => taken[figure]))) as [number, number];
    console.log(`${name}  ${figure}: by hand ${byHands.toFixed(0)}, Spillway ${byUs.toFixed(0)}, ratio ${(byUs / byHands).toFixed(2)}`);
  }
}

async function compare(name: string, hand: () => Promise<Taken>, ours: () => Promise<Taken>): Promise<void> {
  const taken: { readonly hand: Taken; readonly ours: Taken }[] = [];
  // Alternating, the first round is to warm up.
  for (let round = 0; round <= rounds; round += 1) taken.push({ hand: await hand(), ours: await ours() });
  const counted = taken.slice(1);
  report(
    name,
    counted.map((each) => each.hand),
    counted.map((each) => each.ours),
  );
}

const done = Promise.resolve();
const noop: Handler = () => done;
const fiveMs: Handler = () => sleep(5);
await compare(
  "receive, no-op ",
  () => consumed(byHand, noop),
  () => consumed(byEngine, noop),
); // prettier-ignore
await compare(
  "receive, 5 ms  ",
  () => consumed(byHand, fiveMs),
  () => consumed(byEngine, fiveMs),
); // prettier-ignore
await compare(
  "send           ",
  () => sent("hand"),
  () => sent("sink"),
); // prettier-ignore
process.exit(0);
