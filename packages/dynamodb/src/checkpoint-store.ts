import { randomUUID } from "node:crypto";
import { GetItemCommand, PutItemCommand, UpdateItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SpillwayError, type CheckpointKey, type CheckpointStore, type FencingToken } from "@spillway/spec";
import { itemFormat, wholeNumberOf } from "./attributes.ts";
import { checkpointOf, checkpointToAttributes, maxNotes } from "./checkpoint-item.ts";
import { isNamed } from "./dynamodb-error.ts";
import { itemKey, type StoresTable } from "./stores-table.ts";

/**
 * Keeps checkpoints as items. Beside the fence an item names its last writer and the number of that writer's save, so that a save which the
 * network delivered late, or the SDK sent twice, is told from a new one.
 */
export function checkpointStore(options: {
  readonly client: DynamoDBClient;
  readonly table: StoresTable;
  readonly maxDone: number;
}): CheckpointStore {
  const { client, table, maxDone } = options;
  const writer = randomUUID();
  let writes = 0;

  return {
    maxDone,
    maxNotes,

    async load(key, token, { signal }) {
      try {
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
        return answer.Attributes && checkpointOf(answer.Attributes);
      } catch (error) {
        if (isNamed(error, "ConditionalCheckFailedException")) throw leaseLost(key, token, error);
        throw error;
      }
    },

    async save(key, checkpoint, token, { signal }) {
      writes += 1;
      const write = writes;
      try {
        await table.call(`Saving the checkpoint of ${key.partition}`, signal, (request) =>
          client.send(
            new PutItemCommand({
              TableName: table.name,
              Item: {
                ...itemKey("checkpoint", key.scope, key.partition),
                ...checkpointToAttributes(checkpoint, maxDone),
                format: { N: String(itemFormat) },
                fence: { N: String(token) },
                writer: { S: writer },
                writes: { N: String(write) },
              },
              ConditionExpression:
                "attribute_not_exists(#fence) OR #fence < :token OR " +
                "(#fence = :token AND (attribute_not_exists(#writer) OR #writer <> :writer OR #writes < :writes))",
              ExpressionAttributeNames: { "#fence": "fence", "#writer": "writer", "#writes": "writes" },
              ExpressionAttributeValues: { ":token": { N: String(token) }, ":writer": { S: writer }, ":writes": { N: String(write) } },
            }),
            request,
          ),
        );
      } catch (error) {
        if (!isNamed(error, "ConditionalCheckFailedException")) throw error;
        if (!(await isOurs(key, token, write, signal, error))) throw leaseLost(key, token, error);
      }
    },
  };

  /** Whether a refused save had been stored all the same: its answer was lost and the SDK sent it again. */
  async function isOurs(key: CheckpointKey, token: FencingToken, write: number, signal: AbortSignal, cause: unknown): Promise<boolean> {
    const answer = await table.call(`Reading the checkpoint of ${key.partition}`, signal, (request) =>
      client.send(
        new GetItemCommand({ TableName: table.name, Key: itemKey("checkpoint", key.scope, key.partition), ConsistentRead: true }),
        request,
      ),
    );
    const item = answer.Item;
    if (item !== undefined && wholeNumberOf(item, "fence") > token) return false;
    if (item?.writer?.S === writer && wholeNumberOf(item, "writes") >= write) return true;
    throw new SpillwayError(`The checkpoint of ${key.partition} changed while it was saved. It is saved again.`, {
      code: "SPILLWAY_DYNAMODB_FAILED",
      cause,
    });
  }
}

function leaseLost(key: CheckpointKey, token: FencingToken, cause: unknown): SpillwayError {
  return new SpillwayError(
    `Partition ${key.partition} of ${key.scope} has a newer owner than token ${token}: nothing was saved. This is normal after a lease was lost.`,
    { code: "SPILLWAY_LEASE_LOST", cause },
  );
}
