import { isDeepStrictEqual } from "node:util";
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { succeeded, type ItemResult } from "@spillway/spec";
import { isNamed } from "./dynamodb-error.ts";
import { itemJson } from "./item-json.ts";
import { writtenItem, type KeyAttributes, type SingleWrite, type TableItem } from "./table-write.ts";
import { permanentFailure, writeFailure } from "./write-failure.ts";
import { deleteInput, putInput, updateInput } from "./write-input.ts";

/** How writes reach their table. */
export interface WriteOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly keyAttributes: KeyAttributes;
  readonly signal: AbortSignal;
}

/** Makes one write, under its condition where it has one. Rejects with the signal's reason, or when the whole table cannot be used. */
export async function writeOne(write: SingleWrite, options: WriteOptions): Promise<ItemResult> {
  try {
    await send(write, options);
    return succeeded;
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason;
    if (!isNamed(error, "ConditionalCheckFailedException")) return writeFailure(error, options.tableName);
    return write.onlyIf?.whenRefused === "succeed" ? succeeded : refused(write, options, error);
  }
}

async function send(write: SingleWrite, { client, tableName, signal: abortSignal }: WriteOptions): Promise<void> {
  if ("put" in write) await client.send(new PutItemCommand(putInput(tableName, write.put, write.onlyIf)), { abortSignal });
  else if ("delete" in write) await client.send(new DeleteItemCommand(deleteInput(tableName, write.delete, write.onlyIf)), { abortSignal });
  else await client.send(new UpdateItemCommand(updateInput(tableName, write.update, write.onlyIf)), { abortSignal });
}

/** A refusal, unless the table is as the write would leave it: then it came from our own first try, whose answer was lost. */
async function refused(write: SingleWrite, options: WriteOptions, cause: unknown): Promise<ItemResult> {
  const { client, tableName, keyAttributes, signal } = options;
  const item = writtenItem(write);
  const key: Record<string, AttributeValue> = {};
  for (const name of keyAttributes) if (item[name] !== undefined) key[name] = item[name];
  try {
    const answer = await client.send(new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }), { abortSignal: signal });
    if (isDone(write, answer.Item)) return succeeded;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return writeFailure(error, tableName);
  }
  return permanentFailure(`The condition of the write was refused by table ${tableName}.`, "SPILLWAY_CONDITION_REFUSED", cause);
}

function isDone(write: SingleWrite, stored: TableItem | undefined): boolean {
  if ("put" in write) return isDeepStrictEqual(JSON.parse(itemJson(stored ?? {})), JSON.parse(itemJson(write.put)));
  return "delete" in write && stored === undefined;
}
