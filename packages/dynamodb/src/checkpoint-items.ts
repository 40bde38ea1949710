import { GetItemCommand, PutItemCommand, UpdateItemCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Checkpoint, CheckpointKey, FencingToken } from "@spillway/spec";
import { itemFormat, type Item } from "./attributes.ts";
import { itemKey, type StoresTable } from "./stores-table.ts";

/** One save. It says which one of which writer it is, so that a save which the network delivered late, or the SDK sent twice, is told from a new one. */
export interface CheckpointWrite {
  readonly checkpoint: Checkpoint;
  /** The checkpoint as attributes, cut to what an item can hold. */
  readonly attributes: Item;
  readonly token: FencingToken;
  /** Names one store of one process. */
  readonly writer: string;
  /** Counts the saves of that writer. */
  readonly number: number;
}

/**
 * Where and in which layout checkpoints lie. Calls end as StoresTable.call says; a write whose condition does not hold rejects with DynamoDB's
 * ConditionalCheckFailedException, having changed nothing.
 */
export interface CheckpointItems {
  /** Raises the fence to this token if it is not above it. Resolves to the checkpoint's attributes. */
  raiseFence(key: CheckpointKey, token: FencingToken, signal: AbortSignal): Promise<Item | undefined>;
  /** Replaces the checkpoint, if the fence is not above the write's token and no later save of its writer was stored. */
  put(key: CheckpointKey, write: CheckpointWrite, signal: AbortSignal): Promise<void>;
  /** Resolves to the checkpoint's attributes with its fence, read strongly consistent; undefined when there is none that could be ours. */
  read(key: CheckpointKey, signal: AbortSignal): Promise<Item | undefined>;
}

/** The attributes of a checkpoint that is saved: its content, its fence, and what names the save. */
export function savedAttributes({ attributes, token, writer, number }: CheckpointWrite): Record<string, AttributeValue> {
  return { ...attributes, fence: { N: String(token) }, writer: { S: writer }, writes: { N: String(number) } };
}

/** Checkpoints as items of their own. */
export function checkpointItems({ client, table }: { readonly client: DynamoDBClient; readonly table: StoresTable }): CheckpointItems {
  return {
    async raiseFence(key, token, signal) {
      const answer = await table.call(`Loading the checkpoint of ${key.partition}`, signal, (request) =>
        client.send(
          new UpdateItemCommand({
            TableName: table.name,
            Key: itemKey("checkpoint", key.scope, key.partition),
            UpdateExpression: "SET #fence = :token, #format = if_not_exists(#format, :format)",
            ConditionExpression: "attribute_not_exists(#fence) OR #fence <= :token",
            ExpressionAttributeNames: { "#fence": "fence", "#format": "format" },
            ExpressionAttributeValues: { ":token": { N: String(token) }, ":format": { N: String(itemFormat) } },
            ReturnValues: "ALL_NEW",
          }),
          request,
        ),
      );
      return answer.Attributes;
    },

    async put(key, write, signal) {
      const { token, writer, number } = write;
      await table.call(`Saving the checkpoint of ${key.partition}`, signal, (request) =>
        client.send(
          new PutItemCommand({
            TableName: table.name,
            Item: { ...itemKey("checkpoint", key.scope, key.partition), ...savedAttributes(write) },
            ConditionExpression:
              "attribute_not_exists(#fence) OR #fence < :token OR " +
              "(#fence = :token AND (attribute_not_exists(#writer) OR #writer <> :writer OR #writes < :writes))",
            ExpressionAttributeNames: { "#fence": "fence", "#writer": "writer", "#writes": "writes" },
            ExpressionAttributeValues: { ":token": { N: String(token) }, ":writer": { S: writer }, ":writes": { N: String(number) } },
          }),
          request,
        ),
      );
    },

    async read(key, signal) {
      const answer = await table.call(`Reading the checkpoint of ${key.partition}`, signal, (request) =>
        client.send(
          new GetItemCommand({ TableName: table.name, Key: itemKey("checkpoint", key.scope, key.partition), ConsistentRead: true }),
          request,
        ),
      );
      return answer.Item;
    },
  };
}
