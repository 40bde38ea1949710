import { isDeepStrictEqual } from "node:util";
import { GetItemCommand, PutItemCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { succeeded, type ItemResult } from "@spillway/spec";
import { isNamed } from "./dynamodb-error.ts";
import { permanentFailure, putFailure } from "./put-failure.ts";
import type { KeyAttributes, TablePut } from "./table-put.ts";

/** How a single item reaches its table. */
export interface PutOneOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly keyAttributes: KeyAttributes;
  readonly signal: AbortSignal;
}

/** Stores one item, under its condition where it has one. Rejects with the signal's reason, or when the whole table cannot be used. */
export async function putOne(put: TablePut, options: PutOneOptions): Promise<ItemResult> {
  const { item, onlyIf } = put;
  const { client, tableName, signal } = options;
  try {
    await client.send(
      new PutItemCommand({
        TableName: tableName,
        Item: item,
        ConditionExpression: onlyIf?.expression,
        ExpressionAttributeNames: onlyIf?.names,
        ExpressionAttributeValues: onlyIf?.values,
      }),
      { abortSignal: signal },
    );
    return succeeded;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!isNamed(error, "ConditionalCheckFailedException")) return putFailure(error, tableName);
    return onlyIf?.whenRefused === "succeed" ? succeeded : refused(item, options, error);
  }
}

/** A refusal, unless the table holds this very item: then it came from our own first try, whose answer was lost. */
async function refused(item: TablePut["item"], options: PutOneOptions, cause: unknown): Promise<ItemResult> {
  const { client, tableName, keyAttributes, signal } = options;
  const key: Record<string, AttributeValue> = {};
  for (const name of keyAttributes) if (item[name] !== undefined) key[name] = item[name];
  try {
    const answer = await client.send(new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true }), { abortSignal: signal });
    if (isDeepStrictEqual(comparable(answer.Item ?? {}), comparable(item))) return succeeded;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return putFailure(error, tableName);
  }
  return permanentFailure(`The condition of the item was refused by table ${tableName}.`, "SPILLWAY_CONDITION_REFUSED", cause);
}

/** Attributes in a form where equal items are equal: bytes as text, sets in one order. */
function comparable(item: TablePut["item"]): unknown {
  return JSON.parse(
    JSON.stringify(item, (name, value: unknown) => {
      if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
      return (name === "SS" || name === "NS" || name === "BS") && Array.isArray(value) ? value.map(String).toSorted() : value;
    }),
  );
}
