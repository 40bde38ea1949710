import type { Message as SqsMessage } from "@aws-sdk/client-sqs";
import { SpillwayError, type Clock, type Message, type Payload, type QueueMessage, type Receipt } from "@spillway/spec";
import { inParallel } from "./in-parallel.ts";
import type { ObjectLocation, ObjectStore } from "./object-store.ts";
import { inspect, readMessage, type ReceivedMessage } from "./read-message.ts";
import { readReceipt } from "./receipt.ts";
import { maxEntries } from "./settle.ts";
import type { Trouble } from "./trouble.ts";
import { withTimeLimit } from "./with-time-limit.ts";

/** How payloads that were too large for SQS are read from the object store. */
export interface LargeMessageReading {
  readonly store: ObjectStore;
  /** A larger payload is not read into memory but left in the queue, and said so; 67,108,864 (64 MiB) where left out. */
  readonly maxPayloadBytes?: number;
}

/** Turns what SQS gives into messages, one by one, so that a bad one costs the others nothing. */
export interface Reader {
  /** Resolves to the messages that can be passed on, in their order; notes a trouble for each of the others. On a FIFO queue a group ends at its first bad one. */
  read(raw: readonly SqsMessage[], signal: AbortSignal): Promise<readonly QueueMessage<Payload>[]>;
  /** Deletes the objects of messages that are deleted already; notes a trouble for each that stays behind. */
  deleteObjects(receipts: readonly Receipt[], signal: AbortSignal): Promise<void>;
  /** The key that a message arrived with, where it was not text. */
  keyBytesOf(message: Message<Payload>): Uint8Array | undefined;
}

type MaybeMessage = QueueMessage<Payload> | undefined;

/** What a reader works with. */
export interface ReaderOptions {
  readonly fifo: boolean;
  readonly checkMd5: boolean;
  readonly largeMessages: LargeMessageReading | undefined;
  /** How long one object may take to be read or deleted, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly trouble: Trouble;
}

/** Makes the reader of one source. */
export function createReader({ fifo, checkMd5, largeMessages, timeoutMs, clock, trouble }: ReaderOptions): Reader {
  const maxBytes = largeMessages?.maxPayloadBytes ?? 67_108_864;
  const binaryKeys = new WeakMap<object, Uint8Array>();

  async function textOf(
    { raw, objectBytes }: ReceivedMessage,
    object: ObjectLocation,
    { store }: LargeMessageReading,
    signal: AbortSignal,
  ): Promise<string> {
    if (objectBytes !== undefined && objectBytes > maxBytes) throw tooLarge(raw, object, objectBytes, maxBytes);
    const limit = { signal, timeoutMs, clock, what: `Reading ${nameOf(object)}` };
    const bytes = await withTimeLimit(limit, (callSignal) => store.get(object, { signal: callSignal, maxBytes }));
    if (bytes === undefined) throw missing(raw, object);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  function made(received: ReceivedMessage, body: string, receivedAtMs: number): QueueMessage<Payload> {
    const { message, keyBytes } = readMessage(received, body, { fifo, receivedAtMs });
    if (keyBytes !== undefined) binaryKeys.set(message, keyBytes);
    return message;
  }

  /** Undefined for a message that cannot be passed on; a promise only for one whose payload is elsewhere. */
  function readOne(raw: SqsMessage, receivedAtMs: number, signal: AbortSignal): MaybeMessage | Promise<MaybeMessage> {
    const refused = (error: unknown): undefined => {
      signal.throwIfAborted();
      trouble.note(error instanceof SpillwayError ? error : unreadable(raw, error));
    };
    try {
      const received = inspect(raw, { checkMd5, followPointers: largeMessages !== undefined });
      const { object } = received;
      if (object === undefined || largeMessages === undefined) return made(received, received.body, receivedAtMs);
      return textOf(received, object, largeMessages, signal)
        .then((text) => made(received, text, receivedAtMs))
        .catch(refused);
    } catch (error) {
      return refused(error);
    }
  }

  return {
    async read(raw, signal) {
      const receivedAtMs = clock.nowMs();
      // At most as many as one call gives, so that their payloads may be read side by side.
      const read = raw.map((message) => readOne(message, receivedAtMs, signal));
      const messages = read.every(isHere) ? read : await Promise.all(read.map(async (message) => await message));
      const held = new Set<string | undefined>();
      return messages.filter((message, index): message is QueueMessage<Payload> => {
        const group = fifo ? raw[index]?.Attributes?.MessageGroupId : undefined;
        if (message === undefined) held.add(group);
        return message !== undefined && !(fifo && held.has(group));
      });
    },

    async deleteObjects(receipts, signal) {
      if (largeMessages === undefined) return;
      const objects = receipts.map((receipt) => readReceipt(receipt).object).filter((object) => object !== undefined);
      await inParallel(objects, maxEntries, async (object) => {
        try {
          const limit = { signal, timeoutMs, clock, what: `Deleting ${nameOf(object)}` };
          await withTimeLimit(limit, (callSignal) => largeMessages.store.delete(object, { signal: callSignal }));
        } catch (error) {
          trouble.note(leftBehind(object, error));
        }
      });
    },

    keyBytesOf: (message) => binaryKeys.get(message),
  };
}

function isHere(message: MaybeMessage | Promise<MaybeMessage>): message is MaybeMessage {
  return !(message instanceof Promise);
}

function nameOf({ bucket, key }: ObjectLocation): string {
  return `object ${key} of bucket ${bucket}`;
}

function missing(raw: SqsMessage, object: ObjectLocation): SpillwayError {
  return new SpillwayError(
    `Message ${raw.MessageId} points to the ${nameOf(object)}, which is not there. The message was left in the queue, and moves to the queue's ` +
      "own dead-letter queue if it has one. A lifecycle rule shorter than the queue's retention removes objects too early.",
    { code: "SPILLWAY_SQS_OBJECT_MISSING" },
  );
}

function tooLarge(raw: SqsMessage, object: ObjectLocation, bytes: number, maxBytes: number): SpillwayError {
  return new SpillwayError(
    `Message ${raw.MessageId} points to the ${nameOf(object)} of ${bytes} bytes, more than maxPayloadBytes (${maxBytes}). ` +
      "It was left in the queue: raise maxPayloadBytes, if the memory is there.",
    { code: "SPILLWAY_SQS_OBJECT_TOO_LARGE" },
  );
}

function unreadable(raw: SqsMessage, error: unknown): SpillwayError {
  return new SpillwayError(`Message ${raw.MessageId} could not be read and was left in the queue: ${String(error)}`, {
    code: "SPILLWAY_SQS_UNREADABLE",
    cause: error,
  });
}

function leftBehind(object: ObjectLocation, error: unknown): SpillwayError {
  return new SpillwayError(
    `The ${nameOf(object)} stays behind: its message is done and deleted, but deleting the object failed: ${String(error)} ` +
      "Let a lifecycle rule of the bucket remove such objects.",
    { code: "SPILLWAY_SQS_OBJECT_LEFT", cause: error },
  );
}
