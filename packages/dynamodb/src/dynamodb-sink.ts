import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { systemClock, type Clock, type ItemResult, type OutgoingMessage, type Sink } from "@spillway/spec";
import { keyText, writtenItem, type KeyAttributes, type TableItem, type TableWrite, type TransactionPart } from "./table-write.ts";
import { writeBatch, type BatchEntry } from "./write-batch.ts";
import { permanentFailure } from "./write-failure.ts";
import { transactInput } from "./write-input.ts";
import { writeOne } from "./write-one.ts";
import { requestToken, writeTransaction } from "./write-transaction.ts";

/** What the table sink needs. */
export interface DynamoDbSinkOptions<T> {
  /** The caller's client; region, credentials and endpoint are its business. */
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Names the sink in events; the table's name where left out. */
  readonly name?: string;
  /** The attributes that make up the table's key: DynamoDB takes no two items of one key in one batch. */
  readonly keyAttributes: KeyAttributes;
  /** Turns a message into what it does to the table. A throw fails that message with class permanent. */
  readonly toWrite: (message: OutgoingMessage<T>) => TableWrite;
  /** Paces the retries of unprocessed items; the system's by default. */
  readonly clock?: Clock;
}

/** DynamoDB's bound on one BatchWriteItem. */
const maxBatchSize = 25;

/** DynamoDB's bound on one TransactWriteItems. */
const maxParts = 100;

interface Entry extends BatchEntry {
  readonly index: number;
}

/** What is to be done for one message. */
type Work = { readonly alone: () => Promise<ItemResult> } | { readonly batched: BatchEntry } | { readonly result: ItemResult };

/**
 * Makes messages writes of a table. A put or a delete that is made again changes nothing, so a retry is harmless where `toWrite` gives the same for the same
 * message. Order is "none": the engine writes one message of a lane at a time.
 */
export function dynamoDbSink<T>(options: DynamoDbSinkOptions<T>): Sink<T> {
  const { client, tableName, keyAttributes, toWrite, clock = systemClock } = options;
  const keyOf = (item: TableItem): string | undefined => keyText(item, keyAttributes);

  function transactionOf(parts: readonly TransactionPart[], { id }: OutgoingMessage<T>, signal: AbortSignal): Work {
    const items = parts.map((part) => transactInput(tableName, part));
    const token = requestToken(id, items);
    return { alone: () => writeTransaction({ parts, items, token, client, tableName, signal }) };
  }

  function workOf(message: OutgoingMessage<T>, signal: AbortSignal): Work {
    try {
      const write = toWrite(message);
      if ("transaction" in write) {
        const { transaction: parts } = write;
        if (parts.length < 1 || parts.length > maxParts)
          return invalid(`A transaction has ${parts.length} parts; DynamoDB takes 1 to ${maxParts}.`);
        return transactionOf(parts, message, signal);
      }
      const key = keyOf(writtenItem(write));
      if (key === undefined) return invalid(`The item for table ${tableName} lacks a part of its key: ${keyAttributes.join(", ")}.`);
      if (write.onlyIf === undefined && !("update" in write)) return { batched: { key, write } };
      // Only a token tells an update that was refused by its own first try from one that was refused by others.
      if ("update" in write && write.onlyIf !== undefined) return transactionOf([write], message, signal);
      return { alone: () => writeOne(write, { client, tableName, keyAttributes, signal }) };
    } catch (error) {
      return invalid(`The toWrite function of the sink for table ${tableName} threw: ${String(error)}`, error);
    }
  }

  return {
    name: options.name ?? tableName,
    traits: { maxBatchSize, order: "none" },
    async write(messages, { signal }) {
      signal.throwIfAborted();
      const results: ItemResult[] = [];
      const batched: Entry[] = [];
      const alone: (() => Promise<void>)[] = [];
      for (const [index, message] of messages.entries()) {
        const work = workOf(message, signal);
        if ("result" in work) results[index] = work.result;
        else if ("batched" in work) batched.push({ ...work.batched, index });
        else {
          alone.push(async () => {
            results[index] = await work.alone();
          });
        }
      }
      // All must end before an error is passed on: nothing may go on behind the caller's back.
      const writes = [...alone.map((write) => write()), writeRounds(batched)];
      for (const outcome of await Promise.allSettled(writes)) if (outcome.status === "rejected") throw outcome.reason;
      return results;

      async function writeRounds(left: readonly Entry[]): Promise<void> {
        for (const round of rounds(left)) {
          const written = await writeBatch(round, { client, tableName, keyAttributes, keyOf, clock, signal });
          for (const { index, key } of round) {
            const result = written.get(key);
            if (result !== undefined) results[index] = result;
          }
        }
      }
    },
  };
}

function invalid(message: string, cause?: unknown): Work {
  return { result: permanentFailure(message, "SPILLWAY_ITEM_INVALID", cause) };
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
