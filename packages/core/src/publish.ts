import { SpillwayError, type ItemResult, type Message, type OutgoingMessage, type Sink, type SinkTraits } from "@spillway/spec";
import { BatchStage, passed, type BatchResult } from "./engine/batch-stage.ts";
import type { Breaker } from "./breaker.ts";
import { laneKey } from "./engine/lane-key.ts";
import { requireCount, requireDuration, requireKnown } from "./engine/require.ts";
import type { StageDescription } from "./engine/description.ts";
import { leavesFailures } from "./engine/failure-policy.ts";
import type { TrackedDelivery } from "./engine/tracked-delivery.ts";
import { addStage } from "./pipeline.ts";
import type { Stage } from "./stage.ts";
import { sayError } from "./engine/say-error.ts";
import { sayWrites } from "./engine/say-writes.ts";

/** How a sink is written to. */
export interface PublishOptions {
  /** Names the stage in explain(), events and dead letters. Default "publish", numbered if there are several. */
  readonly name?: string;
  /** The most writes under way at once. Default 4. */
  readonly concurrency?: number;
  /** How long the first message of a write waits for company, in milliseconds. Default 0: only for what is there in the same turn of the event loop. */
  readonly lingerMs?: number;
  /** How long a write may take before its messages have failed (as transient, SPILLWAY_HANDLER_TIMEOUT); Infinity: for ever. Default 60,000. */
  readonly timeoutMs?: number;
  /** Rests the intake while the sink keeps failing. Default: none. */
  readonly breaker?: Breaker;
}

/** What `toMessage` learns beside the value. */
export interface PublishContext {
  readonly message: Message<unknown>;
}

/** Marks a lane that can take nothing more in a write. */
const blocked: unique symbol = Symbol("blocked");
/** What the order of a sink keeps, for explain(). */
const kept: Readonly<Record<SinkTraits["order"], string>> = {
  write: "a message that fails holds up all behind it in its write, so that each lane is stored in its order",
  key: "a message that fails holds up those of its key, so that each lane that keeps to one key is written in its order",
  none: "it promises no order inside a write, so that a write holds one message of each lane",
};
const known = ["name", "concurrency", "lingerMs", "timeoutMs", "breaker"];

/**
 * Writes a message to a sink for each delivery, in batches, each lane in order; the value stays as it is.
 *
 * Emits when the sink has confirmed the message · Holds back a lane while an earlier message of it is not confirmed · A message that the sink refuses,
 * or a write that fails, marks its deliveries failed: a retry writes again and never re-runs the handler before.
 *
 * ```ts
 * publish(localSink({ store, log: "charged" }), (receipt) => ({ key: receipt.orderId, value: encode(receipt) }))
 * ```
 *
 * What can bite: a write whose answer was lost is written again, so that readers may see it twice; the id is the same.
 */
export function publish<A, M>(
  sink: Sink<M>,
  toMessage: (value: A, context: PublishContext) => OutgoingMessage<M>,
  options: PublishOptions = {},
): Stage<A, A> {
  requireKnown("publish", options, known);
  const concurrency = requireCount("concurrency", options.concurrency ?? 4);
  const lingerMs = requireCount("lingerMs", options.lingerMs ?? 0, 0);
  const timeoutMs = requireDuration("timeoutMs", options.timeoutMs ?? 60_000, true);
  const maxBatchSize = requireCount(`maxBatchSize of sink "${sink.name}"`, sink.traits.maxBatchSize);
  const stage: StageDescription = {
    kind: "publish",
    name: options.name,
    says: `writes to "${sink.name}", at most ${maxBatchSize} messages in a write, ${concurrency} writes at once`,
    promise: `${sayWrites(sink)}; ${kept[sink.traits.order]}.`,
    failures: leavesFailures,
    role: { is: "beyond" },
    build: ({ run, next, name }) =>
      new BatchStage({
        name,
        run,
        next,
        maxMessages: () => maxBatchSize,
        maxBytes: Number.POSITIVE_INFINITY,
        lingerMs,
        concurrency,
        breaker: options.breaker,
        sharesLanes: sink.traits.order !== "none",
        takesAlong: () => true,
        timeoutMs,
        goesAlone: () => false,
        execute: (batch, signal) => writeBatch(sink, toMessage, batch, signal),
      }),
  };
  return (source) => addStage(source, stage);
}

async function writeBatch<A, M>(
  sink: Sink<M>,
  toMessage: (value: A, context: PublishContext) => OutgoingMessage<M>,
  batch: readonly TrackedDelivery[],
  signal: AbortSignal,
): Promise<readonly BatchResult[]> {
  const results = new Array<BatchResult>(batch.length);
  const messages: OutgoingMessage<M>[] = [];
  const places: number[] = [];
  const orderedWith = laneOrder(sink.traits.order);
  batch.forEach((delivery, index) => {
    try {
      const sourceMessage = delivery.feed.sourceMessage(delivery);
      const message = { id: delivery.message.id, ...toMessage(delivery.value as A, delivery), sourceMessage };
      if (!orderedWith(delivery, message)) {
        results[index] = { ok: false, error: notYet };
        return;
      }
      messages.push(message);
      places.push(index);
    } catch (error) {
      orderedWith(delivery, undefined);
      results[index] = { ok: false, error };
    }
  });
  const written = messages.length === 0 ? [] : await write(sink, messages, signal);
  places.forEach((place, index) => {
    const result = written[index] as ItemResult;
    results[place] = result.ok ? passed : result;
  });
  return results;
}

const notYet = new SpillwayError("an earlier message of the lane must be written first", { code: "SPILLWAY_NOT_ATTEMPTED" });

/**
 * Says whether a message may be in the same write as the earlier ones of its lane: not after one that could not be made, and not under another key
 * where the sink keeps order by key alone.
 */
function laneOrder(order: "write" | "key" | "none"): (delivery: TrackedDelivery, message: OutgoingMessage<unknown> | undefined) => boolean {
  const lanes = new Map<string, string | undefined | typeof blocked>();
  return (delivery, message) => {
    const lane = laneKey(delivery);
    if (lane === undefined) return true;
    const name = `${delivery.feed.origin.partition ?? ""}\u0000${lane}`;
    const key = message === undefined ? blocked : textOfKey(message.key);
    const fits = !lanes.has(name) || (lanes.get(name) !== blocked && (order === "write" || lanes.get(name) === key));
    lanes.set(name, fits ? key : blocked);
    return fits;
  };
}

function textOfKey(key: OutgoingMessage<unknown>["key"]): string | undefined {
  return typeof key === "object" ? Buffer.from(key).toString("base64") : key;
}

async function write<M>(sink: Sink<M>, messages: readonly OutgoingMessage<M>[], signal: AbortSignal): Promise<readonly ItemResult[]> {
  try {
    const results = await sink.write(messages, { signal });
    if (results.length === messages.length) return results;
    const error = new SpillwayError(
      `sink "${sink.name}" gave ${results.length} results for ${messages.length} messages, so it is unknown which it holds; they are written again`,
      { code: "SPILLWAY_RESULT_MISMATCH" },
    );
    return messages.map(() => ({ ok: false, error }));
  } catch (error) {
    const cause =
      error instanceof Error
        ? error
        : new SpillwayError(`sink "${sink.name}" failed with ${sayError(error)}`, { code: "SPILLWAY_SINK_FAILED" });
    return messages.map(() => ({ ok: false, error: cause }));
  }
}
