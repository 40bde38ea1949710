import { randomUUID } from "node:crypto";
import { SpillwayError, type ItemResult, type OutgoingMessage, type Payload, type Sink } from "@spillway/spec";
import { inParallel } from "./in-parallel.ts";
import { keyText, sqsId } from "./key.ts";
import type { ObjectStore } from "./object-store.ts";
import { checkOptions, invalid, wholeNumber, type SqsOptions } from "./options.ts";
import { outgoingEntry, type OutgoingEntry } from "./outgoing-entry.ts";
import { packCalls } from "./pack-calls.ts";
import { createSend } from "./send.ts";

/** How payloads that are too large for SQS are kept in an object store. */
export interface LargeMessageWriting {
  readonly store: ObjectStore;
  readonly bucket: string;
  /** Put before each object's random name; none where left out. */
  readonly keyPrefix?: string;
  /** Messages of more bytes than this go to the store; maxBytes where left out. */
  readonly thresholdBytes?: number;
}

/** How sqsSink writes to its queue. */
export interface SqsSinkOptions extends SqsOptions {
  /** Whether the queue is a FIFO queue; false where left out. Refused when the queue's name says otherwise. */
  readonly fifo?: boolean;
  /** SQS's limit for a message and for a call, attributes included: 1,048,576 where left out. Lower for a queue with a lower MaximumMessageSize. */
  readonly maxBytes?: number;
  /** The most messages that one write takes; 100 where left out. They go out in calls of 10, several at a time. */
  readonly maxBatchSize?: number;
  /** How long SQS holds a message back, in milliseconds up to 900,000, rounded up to seconds; standard queues only. Must not throw. */
  readonly delayMs?: (message: OutgoingMessage<Payload>) => number;
  /**
   * The message group: on a FIFO queue in place of the message's key, on a standard queue the tenant (fair queues). Any text: what SQS would refuse
   * is replaced by its hash. Undefined as if left out. Must not throw.
   */
  readonly groupId?: (message: OutgoingMessage<Payload>) => string | undefined;
  /** The deduplication id, FIFO queues only; the message's own id where left out or undefined, and a random one where it has none. Must not throw. */
  readonly deduplicationId?: (message: OutgoingMessage<Payload>) => string | undefined;
  /** Keeps payloads that are too large in an object store, in the format of AWS's extended client; refused as too large where left out. */
  readonly largeMessages?: LargeMessageWriting;
}

const maxDelayMs = 900_000;

/**
 * A sink over an SQS queue. On a FIFO queue its order is "key": a call holds one message of a group at most, since entries of a call fail one by one,
 * and the next of the group goes out when the one before is stored.
 */
export function sqsSink(options: SqsSinkOptions): Sink<Payload> {
  const fifo = options.fifo ?? false;
  const checked = checkOptions(options, fifo);
  const maxBytes = wholeNumber("maxBytes", options.maxBytes ?? 1_048_576, 1_024, 1_048_576);
  const { largeMessages, delayMs, groupId, deduplicationId } = options;
  const thresholdBytes = wholeNumber("thresholdBytes", largeMessages?.thresholdBytes ?? maxBytes, 0, maxBytes);
  if (fifo && delayMs !== undefined)
    throw invalid("A FIFO queue has no delay of single messages: leave delayMs out, or set the queue's own DelaySeconds.");
  if (!fifo && deduplicationId !== undefined) throw invalid("A standard queue does not deduplicate: leave deduplicationId out.");
  const send = createSend({ ...checked, store: largeMessages?.store });
  const objectFor =
    largeMessages === undefined
      ? undefined
      : () => ({ bucket: largeMessages.bucket, key: `${largeMessages.keyPrefix ?? ""}${randomUUID()}` });

  function prepare(message: OutgoingMessage<Payload>, index: number): Item {
    const group = groupId?.(message);
    const laneText = group ?? (message.key === undefined ? undefined : keyText(message.key));
    const lane = fifo && laneText !== undefined ? sqsId(laneText) : undefined;
    try {
      const entry = outgoingEntry(message, {
        fifo,
        maxBytes,
        delaySeconds: delayMs === undefined ? undefined : delaySeconds(delayMs(message)),
        groupId: group,
        deduplicationId: deduplicationId?.(message),
        objectFor,
        thresholdBytes,
      });
      return { index, lane, entry };
    } catch (error) {
      if (error instanceof SpillwayError) return { index, lane, entry: error };
      throw error;
    }
  }

  return {
    name: checked.name,
    traits: { maxBatchSize: wholeNumber("maxBatchSize", options.maxBatchSize ?? 100, 1, 10_000), order: fifo ? "key" : "none" },
    async write(messages, { signal }) {
      signal.throwIfAborted();
      const results: ItemResult[] = [];
      const failedLanes = new Set<string | undefined>();
      const settle = ({ index, lane }: Item, result: ItemResult): void => {
        results[index] = result;
        if (!result.ok && lane !== undefined) failedLanes.add(lane);
      };
      let waiting = messages.map(prepare);
      while (waiting.length > 0) {
        const { now, later } = firstOfEachLane(waiting);
        const sendable: SendItem[] = [];
        for (const item of now) {
          if (failedLanes.has(item.lane)) settle(item, { ok: false, error: notAttempted() });
          else if (item.entry instanceof SpillwayError) settle(item, { ok: false, error: item.entry });
          else sendable.push({ ...item.entry, item });
        }
        await inParallel(packCalls(sendable, maxBytes), checked.maxConcurrentCalls, async (call) => {
          const answers = await send(call, signal);
          call.forEach(({ item }, place) => settle(item, answers[place] ?? { ok: false, error: notAttempted() }));
        });
        waiting = later;
      }
      return results;
    },
  };
}

/** One message of a write: what to send, or why it cannot be sent. */
interface Item {
  readonly index: number;
  /** What must stay in order; undefined for what need not. */
  readonly lane: string | undefined;
  readonly entry: OutgoingEntry | SpillwayError;
}

interface SendItem extends OutgoingEntry {
  readonly item: Item;
}

function firstOfEachLane(items: readonly Item[]): { readonly now: readonly Item[]; readonly later: Item[] } {
  const taken = new Set<string>();
  const now: Item[] = [];
  const later: Item[] = [];
  for (const item of items) {
    const isFirst = item.lane === undefined || !taken.has(item.lane);
    if (item.lane !== undefined) taken.add(item.lane);
    (isFirst ? now : later).push(item);
  }
  return { now, later };
}

function delaySeconds(delayMs: number): number {
  if (delayMs >= 0 && delayMs <= maxDelayMs) return Math.ceil(delayMs / 1_000);
  throw new SpillwayError(`delayMs gave ${delayMs}; SQS holds a message back for 0 to ${maxDelayMs} ms.`, {
    code: "SPILLWAY_SQS_DELAY",
    failureClass: "permanent",
  });
}

function notAttempted(): SpillwayError {
  return new SpillwayError("An earlier message of the same group failed in this write, so this one was not sent.", {
    code: "SPILLWAY_NOT_ATTEMPTED",
  });
}
