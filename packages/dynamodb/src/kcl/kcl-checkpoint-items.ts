import { GetItemCommand, UpdateItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { savedAttributes, type CheckpointItems } from "../checkpoint-items.ts";
import type { StoresTable } from "../stores-table.ts";
import { countWrite, isOurs, isUntouched, ourAttributes, rowKey, rowNames } from "./kcl-layout.ts";
import { placeOf } from "./kcl-place.ts";

const names = { ...rowNames, "#mine": ourAttributes.checkpoint, "#fence": "fence" } as const;

/**
 * Checkpoints in the rows of the library's table: what its workers understand in its own attributes, all of it in one of ours. A shard without a lease of
 * ours has no checkpoint, and calls for it are refused like those of an earlier owner.
 */
export function kclCheckpointItems({ client, table }: { readonly client: DynamoDBClient; readonly table: StoresTable }): CheckpointItems {
  return {
    async raiseFence(key, token, signal) {
      const answer = await table.call(`Loading the checkpoint of ${key.partition}`, signal, (request) =>
        client.send(
          new UpdateItemCommand({
            TableName: table.name,
            Key: rowKey(key.partition),
            UpdateExpression: "SET #mine.#fence = :token",
            ConditionExpression: `${isUntouched} AND (attribute_not_exists(#mine.#fence) OR #mine.#fence <= :token)`,
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: { ":token": { N: String(token) }, ":scope": { S: key.scope } },
            ReturnValues: "ALL_NEW",
          }),
          request,
        ),
      );
      return answer.Attributes?.[ourAttributes.checkpoint]?.M;
    },

    async put(key, write, signal) {
      const { checkpoint, token, writer, number } = write;
      const place = placeOf(checkpoint);
      await table.call(`Saving the checkpoint of ${key.partition}`, signal, (request) =>
        client.send(
          new UpdateItemCommand({
            TableName: table.name,
            Key: rowKey(key.partition),
            UpdateExpression:
              `SET ${countWrite}, #mine = :mine, #place = :place, #sub = :sub, ownerSwitchesSinceCheckpoint = :zero ` +
              "REMOVE pendingCheckpoint, pendingCheckpointSubSequenceNumber, pendingCheckpointState",
            ConditionExpression:
              `${isUntouched} AND (attribute_not_exists(#mine.#fence) OR #mine.#fence < :token OR ` +
              "(#mine.#fence = :token AND (attribute_not_exists(#mine.#writer) OR #mine.#writer <> :writer OR #mine.#writes < :writes)))",
            ExpressionAttributeNames: {
              ...names,
              "#writer": "writer",
              "#writes": "writes",
              "#place": "checkpoint",
              "#sub": "checkpointSubSequenceNumber",
            },
            ExpressionAttributeValues: {
              ":one": { N: "1" },
              ":zero": { N: "0" },
              ":scope": { S: key.scope },
              ":mine": { M: savedAttributes(write) },
              ":place": { S: place.checkpoint },
              ":sub": { N: place.subSequence },
              ":token": { N: String(token) },
              ":writer": { S: writer },
              ":writes": { N: String(number) },
            },
          }),
          request,
        ),
      );
    },

    async read(key, signal) {
      const answer = await table.call(`Reading the checkpoint of ${key.partition}`, signal, (request) =>
        client.send(new GetItemCommand({ TableName: table.name, Key: rowKey(key.partition), ConsistentRead: true }), request),
      );
      return answer.Item !== undefined && isOurs(answer.Item) ? answer.Item[ourAttributes.checkpoint]?.M : undefined;
    },
  };
}
