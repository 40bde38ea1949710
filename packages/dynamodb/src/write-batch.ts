import { BatchWriteItemCommand, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { type Clock, type ItemResult, SpillwayError, succeeded, wait } from "@spillway/spec";
import { isNamed } from "./dynamodb-error.ts";
import type { TableDelete, TableItem, TablePut } from "./table-write.ts";
import { writeFailure } from "./write-failure.ts";
import { writeOne, type WriteOptions } from "./write-one.ts";

/** One write of a batch; no two of a batch have the same key, because DynamoDB refuses that. */
export interface BatchEntry {
  readonly key: string;
  readonly write: TablePut | TableDelete;
}

/** How a batch reaches its table. */
export interface BatchOptions extends WriteOptions {
  /** Gives back the key of an item that came back unprocessed. */
  readonly keyOf: (item: TableItem) => string | undefined;
  readonly clock: Clock;
}

const firstBackoffMs = 50;
const maxTries = 6;

/** Makes at most 25 writes in one call; what DynamoDB leaves unprocessed is tried again, five times over some three seconds. */
export async function writeBatch(entries: readonly BatchEntry[], options: BatchOptions): Promise<ReadonlyMap<string, ItemResult>> {
  const results = new Map<string, ItemResult>();
  let left = entries;
  for (let tries = 1; left.length > 0; tries += 1) {
    const unprocessed = await tryBatch(left, options, results);
    for (const { key } of left) if (!unprocessed.has(key) && !results.has(key)) results.set(key, succeeded);
    left = left.filter(({ key }) => unprocessed.has(key));
    if (tries === maxTries) break;
    if (left.length > 0) await wait(options.clock, options.clock.random() * firstBackoffMs * 2 ** tries, options.signal);
  }
  for (const { key } of left) results.set(key, throttled(options.tableName));
  return results;
}

/** Resolves to the keys that were left unprocessed; failures go into the results. */
async function tryBatch(
  entries: readonly BatchEntry[],
  options: BatchOptions,
  results: Map<string, ItemResult>,
): Promise<ReadonlySet<string>> {
  const { client, tableName, signal } = options;
  try {
    const requests: WriteRequest[] = entries.map(({ write }) => toRequest(write));
    const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: requests } }), { abortSignal: signal });
    const unprocessed = answer.UnprocessedItems?.[tableName] ?? [];
    const keys = new Set(
      unprocessed.flatMap(({ PutRequest, DeleteRequest }) => options.keyOf(PutRequest?.Item ?? DeleteRequest?.Key ?? {}) ?? []),
    );
    // An unprocessed item that is not recognised would count as stored.
    const known = entries.filter(({ key }) => keys.has(key)).length === unprocessed.length;
    return known ? keys : new Set(entries.map(({ key }) => key));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (isNamed(error, "ValidationException")) {
      // One bad item makes DynamoDB refuse all: alone, each gets its own answer.
      for (const { key, write } of entries) results.set(key, await writeOne(write, options));
    } else {
      for (const { key } of entries) results.set(key, writeFailure(error, tableName));
    }
    return new Set();
  }
}

function toRequest(write: TablePut | TableDelete): WriteRequest {
  return "put" in write ? { PutRequest: { Item: write.put } } : { DeleteRequest: { Key: write.delete } };
}

function throttled(tableName: string): ItemResult {
  return {
    ok: false,
    error: new SpillwayError(
      `Table ${tableName} left the item unprocessed ${maxTries} times: it is throttled. Raise its capacity, or write less.`,
      {
        code: "SPILLWAY_DYNAMODB_FAILED",
      },
    ),
  };
}
