import type { Change, DynamoDbStreamSource } from "@spillway/dynamodb-streams";
import type { LogBatch, LogMessage, LogSource, Message, Payload } from "@spillway/spec";
import { fromItem } from "./message-item.ts";

type Changes = DynamoDbStreamSource<"NEW_IMAGE">;
type PayloadLog = LogSource<Payload, Changes["traits"]>;

/** A table's stream as a log of what was put: the message in each new image, whatever was there before. Removals are no messages. */
export function tableLog(changes: Changes): PayloadLog {
  const { kind, name, traits, coordination } = changes;
  return {
    kind,
    name,
    traits,
    coordination,
    partitions: (options) => changes.partitions(options),
    read: (partition, options) => messages(changes.read(partition, options)),
    count: (partition, options) => changes.count(partition, options),
    original: ({ key, value }) => ({ key, payload: value }),
  };
}

async function* messages(batches: AsyncIterable<LogBatch<Change<"NEW_IMAGE">>>): AsyncIterable<LogBatch<Payload>> {
  for await (const batch of batches) yield { ...batch, messages: batch.messages.flatMap(toMessage) };
}

function toMessage(message: LogMessage<Change<"NEW_IMAGE">>): readonly LogMessage<Payload>[] {
  const { id, value: change, timestampMs, position } = message;
  if (change.kind === "remove") return [];
  const { key, value, headers } = fromItem(change.newImage);
  return [{ id, position, timestampMs, value, headers, key: textOf(key) }];
}

function textOf(key: ReturnType<typeof fromItem>["key"]): Message<Payload>["key"] {
  return key instanceof Uint8Array ? Buffer.from(key).toString("base64") : key;
}
