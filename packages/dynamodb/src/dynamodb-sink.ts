import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { systemClock, type Clock, type ItemResult, type OutgoingMessage, type Sink } from "@spillway/spec";
import { putBatch, type BatchEntry } from "./put-batch.ts";
import { permanentFailure } from "./put-failure.ts";
import { putOne } from "./put-one.ts";
import { keyText, type KeyAttributes, type TablePut } from "./table-put.ts";

/** What the table sink needs. */
export interface DynamoDbSinkOptions<T> {
  /** The caller's client; region, credentials and endpoint are its business. */
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** The attributes that make up the table's key: DynamoDB takes no two items of one key in one batch. */
  readonly keyAttributes: KeyAttributes;
  /** Turns a message into the item to store. A throw fails that message with class permanent. */
  readonly put: (message: OutgoingMessage<T>) => TablePut;
  /** Paces the retries of unprocessed items; the system's by default. */
  readonly clock?: Clock;
}

/** DynamoDB's bound on one BatchWriteItem. */
const maxBatchSize = 25;

interface Entry extends BatchEntry {
  readonly index: number;
}

/**
 * Writes messages as items of a table. Storing an item again changes nothing, so a retry is harmless where `put` gives the same item for the same
 * message. Order is "none": the engine writes one message of a lane at a time.
 */
export function dynamoDbSink<T>(options: DynamoDbSinkOptions<T>): Sink<T> {
  const { client, tableName, keyAttributes, put, clock = systemClock } = options;
  const keyOf = (item: TablePut["item"]): string | undefined => keyText(item, keyAttributes);

  function entryOf(message: OutgoingMessage<T>, index: number): Entry | ItemResult {
    try {
      const made = put(message);
      const key = keyOf(made.item);
      if (key !== undefined) return { index, key, put: made };
      return permanentFailure(
        `The item for table ${tableName} lacks a part of its key: ${keyAttributes.join(", ")}.`,
        "SPILLWAY_ITEM_INVALID",
      );
    } catch (error) {
      return permanentFailure(
        `The put function of the sink for table ${tableName} threw: ${String(error)}`,
        "SPILLWAY_ITEM_INVALID",
        error,
      );
    }
  }

  return {
    name: tableName,
    traits: { maxBatchSize, order: "none" },
    async write(messages, { signal }) {
      signal.throwIfAborted();
      const results: ItemResult[] = [];
      const entries: Entry[] = [];
      for (const [index, message] of messages.entries()) {
        const entry = entryOf(message, index);
        if ("ok" in entry) results[index] = entry;
        else entries.push(entry);
      }
      const conditional = entries.filter((entry) => entry.put.onlyIf !== undefined);
      const plain = entries.filter((entry) => entry.put.onlyIf === undefined);
      const alone = conditional.map(async (entry) => {
        results[entry.index] = await putOne(entry.put, { client, tableName, keyAttributes, signal });
      });
      const batched = writeRounds(plain);
      // All must end before an error is passed on: nothing may go on behind the caller's back.
      for (const outcome of await Promise.allSettled([...alone, batched])) if (outcome.status === "rejected") throw outcome.reason;
      return results;

      async function writeRounds(left: readonly Entry[]): Promise<void> {
        for (const round of rounds(left)) {
          const stored = await putBatch(round, { client, tableName, keyAttributes, keyOf, clock, signal });
          for (const { index, key } of round) {
            const result = stored.get(key);
            if (result !== undefined) results[index] = result;
          }
        }
      }
    },
  };
}

/** Parts entries so that no round holds a key twice; what comes later in the write is in a later round. */
function rounds(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const parts: Entry[][] = [];
  const seen = new Map<string, number>();
  for (const entry of entries) {
    const round = seen.get(entry.key) ?? 0;
    seen.set(entry.key, round + 1);
    (parts[round] ??= []).push(entry);
  }
  return parts;
}
