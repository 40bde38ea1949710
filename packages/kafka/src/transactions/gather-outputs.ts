import { SpillwayError, succeeded, type ItemResult, type OutgoingMessage, type Payload } from "@spillway/spec";
import { KafkaMessage } from "../read/kafka-message.ts";
import { keyText } from "../sink/key-text.ts";
import { notAttempted } from "../sink/not-attempted.ts";
import { outgoingSize } from "../sink/outgoing-size.ts";
import type { GatheredOutputs, OutputPlace } from "./gathered-outputs.ts";
import type { OutputWriter } from "./output.ts";

/** What a sink gathers with. */
export interface GatherContext {
  readonly topic: string;
  readonly writer: OutputWriter;
  /** The partition that a message goes to, or why there is none. */
  partitionOf(message: OutgoingMessage<Payload>): number | SpillwayError;
}

/** A message whose place was found. */
export interface PlacedMessage {
  readonly message: OutgoingMessage<Payload>;
  readonly source: KafkaMessage;
  /** Undefined: its partition is not held. */
  readonly place: OutputPlace | undefined;
}

/** Finds where messages are to be gathered; throws for one that was made of no message of a Kafka source. */
export function placeMessages(
  messages: readonly OutgoingMessage<Payload>[],
  topic: string,
  outputs: GatheredOutputs,
): readonly PlacedMessage[] {
  return messages.map((message) => {
    const source = message.sourceMessage;
    if (!(source instanceof KafkaMessage)) throw astray(topic);
    return { message, source, place: outputs.place(source.partition) };
  });
}

/**
 * Takes messages for the transactions that will commit the messages that they were made of. What a topic would not take is refused now, while the
 * message can still become a dead letter.
 */
export function gatherOutputs(messages: readonly PlacedMessage[], context: GatherContext): readonly ItemResult[] {
  const failedKeys = new Set<string>();
  return messages.map((placed) => {
    const key = keyText(placed.message.key);
    if (key !== undefined && failedKeys.has(key)) return notAttempted(key);
    const error = gather(placed, context);
    if (error === undefined) return succeeded;
    if (key !== undefined) failedKeys.add(key);
    return { ok: false, error };
  });
}

function gather({ message, source, place }: PlacedMessage, { topic, writer, partitionOf }: GatherContext): SpillwayError | undefined {
  const partition = partitionOf(message);
  if (typeof partition !== "number") return partition;
  const bytes = outgoingSize(message);
  if (bytes > writer.maxBatchBytes) return oversize(topic, bytes, writer.maxBatchBytes);
  const output = { from: source.partition, offset: source.offset, to: { topic, partition }, message: ownCopy(message), bytes, writer };
  return place?.add(output) === true ? undefined : notHeld(topic, source.id);
}

/** The bytes may be the caller's scratch memory, or cut out of a larger piece that should be free soon; the source's message is not needed any more. */
function ownCopy({ key, value, headers = [] }: OutgoingMessage<Payload>): OutgoingMessage<Payload> {
  return {
    key: typeof key === "object" ? Buffer.from(key) : key,
    value: value === null ? null : Buffer.from(value),
    headers: headers.map(([name, content]) => [name, typeof content === "string" ? content : Buffer.from(content)]),
  };
}

function astray(topic: string): SpillwayError {
  return new SpillwayError(
    `The sink of topic "${topic}" writes in transactions, so it takes only what a pipeline of their source publishes or dead-letters. Use a sink without ` +
      "the option transactions for anything else.",
    { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" },
  );
}

function oversize(topic: string, bytes: number, limit: number): SpillwayError {
  return new SpillwayError(
    `A message of up to ${bytes} bytes for topic "${topic}" is above maxBatchBytes (${limit}). Raise that, up to what the topic takes, or make it smaller.`,
    { code: "SPILLWAY_OVERSIZE", failureClass: "permanent" },
  );
}

function notHeld(topic: string, id: string): SpillwayError {
  return new SpillwayError(
    `Message ${id} is of a partition that the source of these transactions does not hold, so nothing can be written to "${topic}" for it.`,
    { code: "SPILLWAY_LEASE_LOST" },
  );
}
