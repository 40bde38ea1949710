import type { LogBatch, LogMessage, LogSource, Payload } from "@spillway/spec";
import { plainJson, type MarshalledItem } from "./plain-json.ts";

/** How a change becomes a message of bytes. */
export interface ChangeSourceOptions {
  /** "change": the stream record as JSON, in the shape of Lambda's events. "new-image": the item after the change as plain JSON, a tombstone for a removal. */
  readonly payload: "change" | "new-image";
  /** The attribute whose value is the message's key; the item's whole key where left out, and where an item lacks the attribute. */
  readonly keyAttribute: string | undefined;
}

/** A stream record, as JSON. */
interface StreamRecord {
  readonly dynamodb?: { readonly Keys?: MarshalledItem; readonly NewImage?: MarshalledItem; readonly OldImage?: MarshalledItem };
}

interface KeyedTraits {
  readonly kind: "log";
  readonly keys: true;
}

/**
 * A source of changes, whose originals are stream records as JSON, as one of bytes: for pipelines that decode payloads. Its dead letters hold the payloads as
 * they were given.
 */
export function changeSource<Change>(
  source: LogSource<Change, KeyedTraits>,
  { payload, keyAttribute }: ChangeSourceOptions,
): LogSource<Payload, KeyedTraits> {
  const { name, traits, coordination } = source;

  function toMessage(message: LogMessage<Change>): LogMessage<Payload> {
    const { id, headers, timestampMs, position } = message;
    const bytes = source.original(message).payload;
    const record = JSON.parse(new TextDecoder().decode(bytes ?? undefined)) as StreamRecord;
    const key = keyAttribute === undefined ? undefined : keyOf(record, keyAttribute);
    return { id, key: key ?? message.key, value: payload === "change" ? bytes : newImage(record), headers, timestampMs, position };
  }

  async function* mapped(batches: AsyncIterable<LogBatch<Change>>): AsyncGenerator<LogBatch<Payload>, void> {
    for await (const batch of batches) yield { ...batch, messages: batch.messages.map(toMessage) };
  }

  return {
    kind: "log",
    name,
    traits,
    coordination,
    partitions: (options) => source.partitions(options),
    read: (partition, options) => mapped(source.read(partition, options)),
    count: (partition, options) => source.count(partition, options),
    original: ({ key, value }) => ({ key, payload: value }),
  };
}

function newImage({ dynamodb }: StreamRecord): Payload {
  return dynamodb?.NewImage === undefined ? null : new TextEncoder().encode(plainJson(dynamodb.NewImage));
}

/** The attribute's text; undefined where no image has it as a text, a number or bytes. */
function keyOf({ dynamodb: { Keys, NewImage, OldImage } = {} }: StreamRecord, attribute: string): string | undefined {
  const { S, N, B } = Keys?.[attribute] ?? NewImage?.[attribute] ?? OldImage?.[attribute] ?? {};
  const text = S ?? N ?? B;
  return typeof text === "string" ? text : undefined;
}
