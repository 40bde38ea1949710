import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { SpillwayError, type LeaseRecord } from "@spillway/spec";
import { itemFormat, type Item } from "../attributes.ts";
import type { LeaseItems } from "../lease-items.ts";
import type { StoresTable } from "../stores-table.ts";
import {
  checkShard,
  countWrite,
  isLease,
  isOurs,
  isUntouched,
  leaseOfRow,
  leaseToMap,
  ourAttributes,
  rowKey,
  rowNames,
} from "./kcl-layout.ts";
import { placeOfStart, shardEnd } from "./kcl-place.ts";
import { checkVersions, type KclVersions } from "./kcl-versions.ts";

/** What the leases in the library's layout need. */
export interface KclLeaseItemsOptions {
  readonly client: DynamoDBClient;
  /** The library's lease table. */
  readonly table: StoresTable;
  /** Keeps the records that are no leases of shards: the library's table has no place for them. */
  readonly others: LeaseItems;
  readonly versions: KclVersions;
}

/** The engine's own records begin so; no shard does, and no source uses it. */
const otherPrefix = "spillway:";

/**
 * Lease records as rows of the library's table, one consumer a table. Lists reject with SPILLWAY_CONFLICT when a worker of the library has written a
 * row since we did: its leases and ours exclude each other by rules that the other side does not know.
 */
export function kclLeaseItems({ client, table, others, versions }: KclLeaseItemsOptions): LeaseItems {
  async function leasesOfShards(scope: string, signal: AbortSignal): Promise<readonly LeaseRecord[]> {
    await versions.check(signal);
    const rows = await scanRows({ client, table, signal });
    return rows.map((row) => {
      if (!isOurs(row)) throw written(table.name, row);
      checkScope(row, scope, table.name);
      return leaseOfRow(row);
    });
  }

  return {
    async list(scope, signal) {
      const [shards, records] = await Promise.all([leasesOfShards(scope, signal), others.list(scope, signal)]);
      return [...shards, ...records];
    },

    async read(scope, partition, signal) {
      if (partition.startsWith(otherPrefix)) return others.read(scope, partition, signal);
      const answer = await table.call(`Reading the lease of ${partition}`, signal, (request) =>
        client.send(new GetItemCommand({ TableName: table.name, Key: rowKey(partition), ConsistentRead: true }), request),
      );
      return answer.Item?.[ourAttributes.lease]?.M;
    },

    async put(scope, expectedVersion, next, writeId, signal) {
      if (next.partition.startsWith(otherPrefix)) return others.put(scope, expectedVersion, next, writeId, signal);
      checkShard(next.partition);
      const doing = `Writing the lease of ${next.partition}`;
      if (expectedVersion === undefined) {
        const input = { TableName: table.name, Item: newRow(scope, next, writeId), ConditionExpression: "attribute_not_exists(leaseKey)" };
        await table.call(doing, signal, (request) => client.send(new PutItemCommand(input), request));
        return;
      }
      const { owner, state } = next;
      const sets = [countWrite, "#lease = :lease", ...(owner === undefined ? [] : ["leaseOwner = :owner"])];
      if (state === "finished") sets.push("#place = :place, #sub = :sub");
      // Nobody waits for a handover of the library's own kind any more.
      const removed = ["checkpointOwner", ...(owner === undefined ? ["leaseOwner"] : [])];
      const input = {
        TableName: table.name,
        Key: rowKey(next.partition),
        UpdateExpression: `SET ${sets.join(", ")} REMOVE ${removed.join(", ")}`,
        ConditionExpression: `${isUntouched} AND #lease.#version = :expected`,
        ExpressionAttributeNames: {
          ...rowNames,
          "#version": "version",
          ...(state === "finished" && { "#place": "checkpoint", "#sub": "checkpointSubSequenceNumber" }),
        },
        ExpressionAttributeValues: {
          ":one": { N: "1" },
          ":scope": { S: scope },
          ":expected": { N: String(expectedVersion) },
          ":lease": leaseToMap(scope, next, writeId),
          ...(owner !== undefined && { ":owner": { S: owner } }),
          ...(state === "finished" && { ":place": { S: shardEnd.checkpoint }, ":sub": { N: shardEnd.subSequence } }),
        },
      };
      await table.call(doing, signal, (request) => client.send(new UpdateItemCommand(input), request));
    },

    async remove(scope, partition, expectedVersion, signal) {
      if (partition.startsWith(otherPrefix)) return others.remove(scope, partition, expectedVersion, signal);
      await table.call(`Removing the lease of ${partition}`, signal, (request) =>
        client.send(
          new DeleteItemCommand({
            TableName: table.name,
            Key: rowKey(partition),
            ConditionExpression: `attribute_not_exists(leaseKey) OR (${isUntouched} AND #lease.#version = :expected)`,
            ExpressionAttributeNames: { ...rowNames, "#version": "version" },
            ExpressionAttributeValues: { ":scope": { S: scope }, ":expected": { N: String(expectedVersion) } },
          }),
          request,
        ),
      );
    },
  };
}

/** All lease rows, read strongly consistent. Rejects with SPILLWAY_CONFLICT when a row of another kind says that the table must not be touched. */
export async function scanRows(options: {
  readonly client: DynamoDBClient;
  readonly table: StoresTable;
  readonly signal: AbortSignal;
}): Promise<readonly Item[]> {
  const { client, table, signal } = options;
  const rows: Item[] = [];
  let after: Record<string, AttributeValue> | undefined;
  do {
    const input = { TableName: table.name, ConsistentRead: true, ExclusiveStartKey: after };
    const page = await table.call(`Reading the lease table ${table.name}`, signal, (request) =>
      client.send(new ScanCommand(input), request),
    );
    for (const row of page.Items ?? []) {
      if (isLease(row)) rows.push(row);
      else checkVersions(row, row.leaseKey?.S ?? "", table.name);
    }
    after = page.LastEvaluatedKey;
  } while (after !== undefined);
  return rows;
}

/** A row for a shard that has none, as the library creates one, with ours beside. */
export function newRow(scope: string, record: LeaseRecord, writeId: string): Record<string, AttributeValue> {
  const place = record.state === "finished" ? shardEnd : placeOfStart(record.start);
  return {
    ...rowKey(record.partition),
    entityType: { S: "LEASE" },
    ...(record.owner !== undefined && { leaseOwner: { S: record.owner } }),
    leaseCounter: { N: "0" },
    ownerSwitchesSinceCheckpoint: { N: "0" },
    checkpoint: { S: place.checkpoint },
    checkpointSubSequenceNumber: { N: place.subSequence },
    ...(record.parents.length > 0 && { parentShardId: { SS: [...record.parents] } }),
    [ourAttributes.counter]: { N: "0" },
    [ourAttributes.lease]: leaseToMap(scope, record, writeId),
    [ourAttributes.checkpoint]: { M: { format: { N: String(itemFormat) } } },
  };
}

/** Refuses a row that another consumer keeps its lease in: the layout has one row a shard. */
export function checkScope(row: Item, scope: string, tableName: string): void {
  const other = row[ourAttributes.lease]?.M?.scope?.S;
  if (other === undefined || other === scope) return;
  throw conflict(
    `Table ${tableName} holds the leases of ${other}, and in the library's layout a table serves one consumer: give ${scope} its own.`,
  );
}

function written(tableName: string, row: Item): SpillwayError {
  return conflict(
    `A worker of the Kinesis Client Library has written the lease of ${row.leaseKey?.S ?? "?"} in table ${tableName}. Its workers and Spillway's cannot share a ` +
      "fleet: stop one kind, and if it is the library's, call takeOver before the next run.",
  );
}

/** The error of a state in which nothing may be written. */
export function conflict(message: string, cause?: unknown): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_CONFLICT", failureClass: "fatal", cause });
}
