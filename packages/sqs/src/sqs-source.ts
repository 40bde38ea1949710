import { randomUUID } from "node:crypto";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type Message as SqsMessage,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { SpillwayError, ItemResult, Payload, QueueMessage, QueueSource, Receipt } from "@spillway/spec";
import { callSqs, type SqsCall } from "./call-sqs.ts";
import { takeMessages } from "./checksum.ts";
import { createReader, type LargeMessageReading } from "./create-reader.ts";
import { describeQueue } from "./describe-queue.ts";
import { checkOptions, wholeNumber, wholeSeconds, type SqsOptions } from "./options.ts";
import { queueAdvice } from "./queue-advice.ts";
import { readReceipt } from "./receipt.ts";
import { maxEntries, receiptLost, settle } from "./settle.ts";
import type { SqsAction } from "./sqs-error.ts";
import { createTrouble } from "./trouble.ts";

/** The traits of a standard queue: no keys, no order. */
export interface SqsStandardTraits {
  readonly kind: "queue";
  readonly keys: false;
}

/** The traits of a FIFO queue: a message's group is its key. */
export interface SqsFifoTraits {
  readonly kind: "queue";
  readonly keys: true;
}

/** How sqsSource reads its queue. */
export interface SqsSourceOptions extends SqsOptions {
  /** Whether the queue is a FIFO queue; false where left out. Refused when the queue's name says otherwise. */
  readonly fifo?: boolean;
  /**
   * How long a received message stays ours until it is extended, in whole seconds as milliseconds; 30,000 where left out. Sent with every receive,
   * so the queue's own setting plays no part. It is also how long the messages of a process that died wait.
   */
  readonly visibilityTimeoutMs?: number;
  /** How long a receive waits for a message (long polling), in whole seconds as milliseconds, at most 20,000, the default. */
  readonly waitMs?: number;
  /** How many receives are under way while there is room; 4 where left out. Each holds one of the client's sockets (50 by default). */
  readonly receivers?: number;
  /** A client for the receives alone, for processes with so many sources that long polls would take all sockets; `client` where left out. */
  readonly receiveClient?: SQSClient;
  /** Follows pointers of AWS's extended client format; where left out, a pointer is passed on as the payload. */
  readonly largeMessages?: LargeMessageReading;
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html: counted from the receive, and refused beyond.
const maxVisibilityMs = 43_200_000;
// Between our clock's reading of a receive and SQS's own lies at most the receive's answer.
const capMarginMs = 60_000;

/**
 * A source over an SQS queue. Nothing is kept here for messages in flight: their receipts say everything. A message that must not be passed on (a
 * wrong checksum, an unreadable object) stays in the queue, and the next receive rejects with the reason.
 */
export function sqsSource(options: SqsSourceOptions & { readonly fifo: true }): QueueSource<Payload, SqsFifoTraits>;
/** A source over a standard queue; everything else is as above. */
export function sqsSource(options: SqsSourceOptions & { readonly fifo?: false }): QueueSource<Payload, SqsStandardTraits>;
/** A source over a queue whose kind is known at run time only. */
export function sqsSource(options: SqsSourceOptions): QueueSource<Payload>;
export function sqsSource(options: SqsSourceOptions): QueueSource<Payload> {
  const fifo = options.fifo ?? false;
  const { client, queueUrl, name, requestTimeoutMs, maxConcurrentCalls, clock } = checkOptions(options, fifo);
  const receiveClient = options.receiveClient ?? client;
  const visibilityTimeoutMs = options.visibilityTimeoutMs ?? 30_000;
  const visibilityTimeout = wholeSeconds("visibilityTimeoutMs", visibilityTimeoutMs, 1_000, maxVisibilityMs - capMarginMs);
  const waitMs = options.waitMs ?? 20_000;
  const waitTime = wholeSeconds("waitMs", waitMs, 0, 20_000);
  const receivers = wholeNumber("receivers", options.receivers ?? 4, 1, 1_000);
  // Two thirds may be over when the engine asks: an answer that is lost leaves time for another try.
  const extendTimeoutMs = Math.min(requestTimeoutMs, visibilityTimeoutMs / 6);
  const trouble = createTrouble();
  const reader = createReader({
    fifo,
    checkMd5: receiveClient.config.md5 !== false,
    largeMessages: options.largeMessages,
    timeoutMs: Math.min(requestTimeoutMs, visibilityTimeoutMs / 3),
    clock,
    trouble,
  });
  // A receive whose answer was lost is asked again under its old id and then gives the same messages, instead of blocking their groups.
  const lostAttempts: string[] = [];

  const callOf = (action: SqsAction, signal: AbortSignal, timeoutMs = requestTimeoutMs): SqsCall => ({
    action,
    queueUrl,
    timeoutMs,
    clock,
    signal,
  });

  async function receiveRaw(maxMessages: number, signal: AbortSignal): Promise<readonly SqsMessage[]> {
    const attemptId = fifo ? (lostAttempts.pop() ?? randomUUID()) : undefined;
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(maxMessages, maxEntries),
      WaitTimeSeconds: waitTime,
      VisibilityTimeout: visibilityTimeout,
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["All"],
      ReceiveRequestAttemptId: attemptId,
    });
    const messagesOf = takeMessages(command);
    try {
      const call = callOf("ReceiveMessage", signal, waitMs + requestTimeoutMs);
      return messagesOf(await callSqs(call, (abortSignal) => receiveClient.send(command, { abortSignal }))) ?? [];
    } catch (error) {
      if (attemptId !== undefined && lostAttempts.length < receivers) lostAttempts.push(attemptId);
      throw error;
    }
  }

  async function changeVisibility(
    receipts: readonly Receipt[],
    signal: AbortSignal,
    timeoutMs: number,
    secondsOf: (receivedAtMs: number) => number,
  ): Promise<readonly ItemResult[]> {
    return await settle(receipts, { signal, maxConcurrentCalls }, async (chunk) => {
      const Entries = chunk.map(({ id, handle, receivedAtMs }) => ({
        Id: id,
        ReceiptHandle: handle,
        VisibilityTimeout: secondsOf(receivedAtMs),
      }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries });
      return await callSqs(callOf("ChangeMessageVisibilityBatch", signal, timeoutMs), (abortSignal) =>
        client.send(command, { abortSignal }),
      );
    });
  }

  const source: QueueSource<Payload> = {
    kind: "queue",
    name,
    traits: { kind: "queue", keys: fifo },
    visibilityTimeoutMs,
    maxNackDelayMs: maxVisibilityMs - capMarginMs,
    receivers,

    async receive({ maxMessages, signal }): Promise<readonly QueueMessage<Payload>[]> {
      trouble.raise();
      const raw = await receiveRaw(maxMessages, signal);
      const messages = await reader.read(raw, signal);
      if (messages.length === 0) trouble.raise();
      return messages;
    },

    async ack(receipts, { signal }) {
      const results = await settle(receipts, { signal, maxConcurrentCalls }, async (chunk) => {
        const Entries = chunk.map(({ id, handle }) => ({ Id: id, ReceiptHandle: handle }));
        const command = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries });
        return await callSqs(callOf("DeleteMessageBatch", signal), (abortSignal) => client.send(command, { abortSignal }));
      });
      await reader.deleteObjects(
        receipts.filter((_, index) => results[index]?.ok),
        signal,
      );
      return results;
    },

    async nack(receipts, { signal, delayMs }) {
      // A delay that would pass the 12 hours is cut: SQS would refuse it, and then the message would come back sooner still.
      return await changeVisibility(receipts, signal, requestTimeoutMs, (receivedAtMs) =>
        Math.ceil(Math.min(delayMs, Math.max(0, leftMs(receivedAtMs))) / 1_000),
      );
    },

    async extend(receipts, { signal }) {
      const lasting = receipts.filter((receipt) => leftMs(readReceipt(receipt).receivedAtMs) >= visibilityTimeoutMs);
      const results = await changeVisibility(lasting, signal, extendTimeoutMs, () => visibilityTimeout);
      const resultOf = new Map(lasting.map((receipt, index) => [receipt, results[index]]));
      return receipts.map((receipt) => resultOf.get(receipt) ?? { ok: false, error: heldTooLong() });
    },

    async advise(use, { signal }) {
      return queueAdvice(await describeQueue({ client, queueUrl, signal, requestTimeoutMs, clock }), use, visibilityTimeoutMs);
    },

    original(message) {
      return { key: reader.keyBytesOf(message) ?? message.key, payload: message.value };
    },
  };
  return source;

  /** How long a message may still be kept from others. */
  function leftMs(receivedAtMs: number): number {
    return receivedAtMs + maxVisibilityMs - capMarginMs - clock.nowMs();
  }
}

function heldTooLong(): SpillwayError {
  return receiptLost(
    "it has been in flight for 12 hours, longer than SQS lends a message, so it is given back when its visibility ends. " +
      "Make the handler faster, or let it hand long work to something that outlives the message.",
  );
}
