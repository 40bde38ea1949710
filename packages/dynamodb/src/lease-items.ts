import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import type { LeaseRecord, PartitionId } from "@spillway/spec";
import type { Item } from "./attributes.ts";
import { leaseOf, leaseToItem } from "./lease-item.ts";
import { itemKey, type StoresTable } from "./stores-table.ts";

/**
 * Where and in which layout lease records lie. Calls end as StoresTable.call says; a write whose condition does not hold rejects with DynamoDB's
 * ConditionalCheckFailedException, having changed nothing.
 */
export interface LeaseItems {
  /** Resolves to all records of the scope, read strongly consistent. */
  list(scope: string, signal: AbortSignal): Promise<readonly LeaseRecord[]>;
  /** Resolves to the record's attributes, read strongly consistent; undefined when there is none that could be ours. */
  read(scope: string, partition: PartitionId, signal: AbortSignal): Promise<Item | undefined>;
  /** Writes the record if its version is the expected one (undefined: if there is none); `writeId` names this write. */
  put(scope: string, expectedVersion: number | undefined, next: LeaseRecord, writeId: string, signal: AbortSignal): Promise<void>;
  /** Removes the record if its version is the expected one or if there is none. */
  remove(scope: string, partition: PartitionId, expectedVersion: number, signal: AbortSignal): Promise<void>;
}

/** Lease records as items of their own. */
export function leaseItems({ client, table }: { readonly client: DynamoDBClient; readonly table: StoresTable }): LeaseItems {
  return {
    async list(scope, signal) {
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

    async read(scope, partition, signal) {
      const answer = await table.call(`Reading the lease of ${partition}`, signal, (request) =>
        client.send(new GetItemCommand({ TableName: table.name, Key: itemKey("lease", scope, partition), ConsistentRead: true }), request),
      );
      return answer.Item;
    },

    async put(scope, expectedVersion, next, writeId, signal) {
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
    },

    async remove(scope, partition, expectedVersion, signal) {
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
    },
  };
}
