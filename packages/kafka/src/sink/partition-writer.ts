import { SpillwayError, succeeded, type CallOptions, type ItemResult, type OutgoingMessage, type Payload } from "@spillway/spec";
import { pause } from "../client/abortable.ts";
import { KafkaError, thrown } from "../client/kafka-error.ts";
import type { ProducerId, TopicPartition } from "../client/kafka-port.ts";
import { recordBatch } from "../wire/record-batch.ts";
import { notAttempted } from "./not-attempted.ts";
import { produceAtLeader, type ProduceContext } from "./produce-at-leader.ts";

/** A message on its way into one partition. */
export interface PendingMessage {
  readonly message: OutgoingMessage<Payload>;
  /** Its key as text, where it has one: what must stay in order. */
  readonly key: string | undefined;
  readonly bytes: number;
  /** The keys that have failed in the write that this message came with. */
  readonly failedKeys: Set<string>;
  settle(result: ItemResult): void;
}

/** What writing a partition stands on. */
export interface WriterContext extends ProduceContext {
  readonly codec: number;
  readonly maxBatchBytes: number;
  readonly lingerMs: number;
  readonly deliveryTimeoutMs: number;
  refresh(options: CallOptions): Promise<void>;
}

/** Writes one partition. */
export interface PartitionWriter {
  /** Takes messages behind those that it has; each is settled once. */
  add(messages: readonly PendingMessage[]): void;
}

/** An error after which the broker has no use for this producer's identity. */
const identityLost: ReadonlySet<string> = new Set(["OUT_OF_ORDER_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID", "INVALID_PRODUCER_EPOCH"]);
const endless: CallOptions = { signal: new AbortController().signal };
const largestSequence = 0x7fff_ffff;

/**
 * Writes a partition's messages in their order, one batch at a time. A batch whose fate is unknown is sent again as it is, under the same sequence number,
 * so that the broker stores it once. When it is given up, so is the identity that it was sent under: a broker that did store it would otherwise take the
 * next batch for it, confirm that, and throw it away.
 */
export function partitionWriter(at: TopicPartition, context: WriterContext): PartitionWriter {
  const queue: PendingMessage[] = [];
  let identity: ProducerId | undefined;
  let sequence = 0;
  let isRunning = false;

  async function run(): Promise<void> {
    if (context.lingerMs > 0 && queue.reduce((sum, { bytes }) => sum + bytes, 0) < context.maxBatchBytes)
      await pause(context.lingerMs, endless);
    for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) await store(batch);
    isRunning = false;
  }

  /** Takes the next messages, without those of a key that has failed in the same write. */
  function nextBatch(): readonly PendingMessage[] {
    const batch: PendingMessage[] = [];
    let bytes = 0;
    let taken = 0;
    for (const pending of queue) {
      if (batch.length > 0 && bytes + pending.bytes > context.maxBatchBytes) break;
      taken += 1;
      if (pending.key !== undefined && pending.failedKeys.has(pending.key)) pending.settle(notAttempted(pending.key));
      else {
        batch.push(pending);
        bytes += pending.bytes;
      }
    }
    queue.splice(0, taken);
    return batch;
  }

  /** Stores a batch; one that is too large is halved, down to the message that is. */
  async function store(batch: readonly PendingMessage[]): Promise<void> {
    const live = batch.filter(({ key, failedKeys }) => key === undefined || !failedKeys.has(key));
    for (const pending of batch) if (!live.includes(pending)) pending.settle(notAttempted(pending.key ?? ""));
    if (live.length === 0) return;
    try {
      await send(live.map(({ message }) => message));
      for (const pending of live) pending.settle(succeeded);
    } catch (error) {
      const failure = error instanceof SpillwayError ? error : thrown(error, "storing a batch");
      const isSplittable = failure.code === "SPILLWAY_OVERSIZE" || failure.code === "SPILLWAY_KAFKA_INVALID_RECORD";
      if (isSplittable && live.length > 1) {
        const middle = live.length >> 1;
        await store(live.slice(0, middle));
        return store(live.slice(middle));
      }
      for (const { key, failedKeys, settle } of live) {
        if (key !== undefined) failedKeys.add(key);
        settle({ ok: false, error: failure });
      }
    }
  }

  async function send(messages: readonly OutgoingMessage<Payload>[]): Promise<void> {
    const patience: CallOptions = { signal: AbortSignal.timeout(context.deliveryTimeoutMs) };
    let encoded: { readonly batch: Buffer; readonly identity: ProducerId } | undefined;
    let failure: SpillwayError | undefined;
    for (let waitMs = 20; ; waitMs = Math.min(waitMs * 2, 1_000)) {
      try {
        if (identity === undefined) {
          identity = await context.port.initProducerId(patience);
          sequence = 0;
        }
        if (encoded?.identity !== identity) {
          const named = { ...identity, firstSequence: sequence, isTransactional: false };
          encoded = { identity, batch: await recordBatch(messages, named, context.codec, Date.now()) };
        }
        await produceAtLeader(context, at, encoded.batch, undefined, patience);
        sequence = (sequence + messages.length) % (largestSequence + 1);
        return;
      } catch (error) {
        if (patience.signal.aborted) {
          identity = undefined;
          throw gaveUp(at, context.deliveryTimeoutMs, failure ?? error);
        }
        failure = error instanceof SpillwayError ? error : thrown(error, "storing a batch");
        // Refused before it was stored, so no number was used; but nothing is known of a batch that failed in another way.
        if (failure.code === "SPILLWAY_OVERSIZE") throw failure;
        if (failure instanceof KafkaError && identityLost.has(failure.type)) identity = undefined;
        if (!failure.retryable) {
          identity = undefined;
          throw failure;
        }
        await pause(waitMs, patience);
        await context.refresh(patience).catch(() => undefined);
      }
    }
  }

  return {
    add(messages) {
      queue.push(...messages);
      if (isRunning) return;
      isRunning = true;
      void run();
    },
  };
}

function gaveUp({ topic, partition }: TopicPartition, limitMs: number, cause: unknown): SpillwayError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SpillwayError(
    `A batch was not confirmed by ${topic}-${partition} within ${limitMs} ms; it may have been stored. The last answer: ${why}`,
    {
      code: "SPILLWAY_KAFKA_UNREACHABLE",
      cause,
    },
  );
}
