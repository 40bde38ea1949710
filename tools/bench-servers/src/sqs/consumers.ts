import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { sqsSource } from "@spillway/sqs";
import { Consumer } from "sqs-consumer";
import { deferred } from "../deferred.ts";
import { atOnce } from "./queue.ts";

/** What is done with each message. */
export type Handler = () => Promise<void>;

/** Takes so many messages out of a queue; resolves when the last is deleted. */
export type Take = (client: SQSClient, queueUrl: string, count: number, handler: Handler) => Promise<void>;

/** Loops that receive ten, handle them and delete them. */
export const byHand: Take = async (client, QueueUrl, count, handler) => {
  let left = count;
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
  for (const outcome of await Promise.allSettled(Array.from({ length: atOnce }, loop))) {
    // The receives that were waiting when the last message was deleted end with the abort.
    if (outcome.status === "rejected" && left > 0) throw outcome.reason;
  }
};

/** The engine: each message is settled by itself. */
export const byEngine: Take = async (client, queueUrl, count, handler) => {
  const stop = new AbortController();
  let left = count;
  const handled = (): void => {
    left -= 1;
    if (left === 0) stop.abort();
  };
  await run(
    consume(sqsSource({ client, queueUrl, receivers: atOnce, waitMs: 1_000 }), { ordering: "none" }).pipe(
      handle(() => handler().then(handled), { concurrency: atOnce * 10 }),
      haltOnFailure(),
      checkpoint(),
    ),
    { signal: stop.signal },
  );
};

/** sqs-consumer with handleMessageBatch, in so many instances. */
export const byConsumerBatches: Take = (client, queueUrl, count, handler) =>
  bySqsConsumer(atOnce, count, (ended) =>
    Consumer.create({
      queueUrl,
      sqs: client,
      batchSize: 10,
      waitTimeSeconds: 1,
      pollingWaitTimeMs: 0,
      async handleMessageBatch(batch) {
        await Promise.all(batch.map(() => handler()));
        ended(batch.length);
        return batch;
      },
    }),
  );

/** sqs-consumer with handleMessage, in one instance. */
export const byConsumerMessages: Take = (client, queueUrl, count, handler) =>
  bySqsConsumer(1, count, (ended) =>
    Consumer.create({
      queueUrl,
      sqs: client,
      batchSize: 10,
      waitTimeSeconds: 1,
      pollingWaitTimeMs: 0,
      async handleMessage(message) {
        await handler();
        ended(1);
        return message;
      },
    }),
  );

async function bySqsConsumer(instances: number, count: number, make: (ended: (messages: number) => void) => Consumer): Promise<void> {
  const all = deferred<void>();
  let left = count;
  const ended = (messages: number): void => {
    left -= messages;
    if (left === 0) all.resolve();
  };
  const consumers = Array.from({ length: instances }, () => make(ended));
  for (const consumer of consumers) {
    consumer.on("error", all.reject);
    consumer.on("processing_error", all.reject);
    consumer.start();
  }
  await all.promise;
  // Without an abort, stop waits until what was handled is deleted and the polls have ended.
  const stopped = consumers.map((consumer) => new Promise((resolve) => consumer.once("stopped", () => resolve(undefined))));
  for (const consumer of consumers) consumer.stop({ abort: false });
  await Promise.all(stopped);
}
