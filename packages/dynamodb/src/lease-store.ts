import { randomUUID } from "node:crypto";
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { hasCode, type LeaseRecord, type LeaseStore, type PartitionId } from "@spillway/spec";
import { textOf, wholeNumberOf, type Item } from "./attributes.ts";
import { isNamed } from "./dynamodb-error.ts";
import { leaseOf, leaseToItem } from "./lease-item.ts";
import { itemKey, type StoresTable } from "./stores-table.ts";

/** Keeps lease records as items: whatever decides is read strongly consistent, whatever writes is conditional on the version. */
export function leaseStore(options: { readonly client: DynamoDBClient; readonly table: StoresTable }): LeaseStore {
  const { client, table } = options;

  async function stored(scope: string, partition: PartitionId, signal: AbortSignal): Promise<Item | undefined> {
    const answer = await table.call(`Reading the lease of ${partition}`, signal, (request) =>
      client.send(new GetItemCommand({ TableName: table.name, Key: itemKey("lease", scope, partition), ConsistentRead: true }), request),
    );
    return answer.Item;
  }

  return {
    async list(scope, { signal }) {
      const records: LeaseRecord[] = [];
      let after: Record<string, AttributeValue> | undefined;
      do {
        const page = await table.call(`Listing the leases of ${scope}`, signal, (request) =>
          client.send(
            new QueryCommand({
              TableName: table.name,
              ConsistentRead: true,
              KeyConditionExpression: "#scope = :scope AND begins_with(#item, :lease)",
              ExpressionAttributeNames: { "#scope": "scope", "#item": "item" },
              ExpressionAttributeValues: { ":scope": { S: scope }, ":lease": { S: "lease#" } },
              ExclusiveStartKey: after,
            }),
            request,
          ),
        );
        for (const item of page.Items ?? []) records.push(leaseOf(item));
        after = page.LastEvaluatedKey;
      } while (after !== undefined);
      return records;
    },

    async compareAndSet(scope, expectedVersion, next, { signal }) {
      // Names this write, so that it is recognised when its answer is lost and the SDK sends it again.
      const writeId = randomUUID();
      try {
        await table.call(`Writing the lease of ${next.partition}`, signal, (request) =>
          client.send(
            new PutItemCommand({
              TableName: table.name,
              Item: leaseToItem(scope, next, writeId),
              ...(expectedVersion === undefined
                ? { ConditionExpression: "attribute_not_exists(#version)" }
                : {
                    ConditionExpression: "#version = :expected",
                    ExpressionAttributeValues: { ":expected": { N: String(expectedVersion) } },
                  }),
              ExpressionAttributeNames: { "#version": "version" },
            }),
            request,
          ),
        );
        return true;
      } catch (error) {
        const refused = isNamed(error, "ConditionalCheckFailedException");
        if (!refused && !hasCode(error, "SPILLWAY_DYNAMODB_FAILED")) throw error;
        const item = await stored(scope, next.partition, signal);
        if (item !== undefined && textOf(item, "writeId") === writeId) return true;
        const version = item && wholeNumberOf(item, "version");
        // Still what was expected, and no answer: the write may yet arrive.
        if (!refused && version === expectedVersion) throw error;
        return false;
      }
    },

    async remove(scope, partition, expectedVersion, { signal }) {
      try {
        await table.call(`Removing the lease of ${partition}`, signal, (request) =>
          client.send(
            new DeleteItemCommand({
              TableName: table.name,
              Key: itemKey("lease", scope, partition),
              ConditionExpression: "attribute_not_exists(#version) OR #version = :expected",
              ExpressionAttributeNames: { "#version": "version" },
              ExpressionAttributeValues: { ":expected": { N: String(expectedVersion) } },
            }),
            request,
          ),
        );
        return true;
      } catch (error) {
        if (isNamed(error, "ConditionalCheckFailedException")) return false;
        throw error;
      }
    },
  };
}
