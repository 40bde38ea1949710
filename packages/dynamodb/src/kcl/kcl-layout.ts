import type { AttributeValue, CreateTableCommandInput } from "@aws-sdk/client-dynamodb";
import { SpillwayError, type LeaseRecord, type PartitionId } from "@spillway/spec";
import type { Item } from "../attributes.ts";
import { leaseOf, leaseToItem } from "../lease-item.ts";

/**
 * The attributes that we add to a row of the library's table. The library writes with UpdateItem, attribute by attribute, and so keeps what it does not
 * know; what it does to a row shows in `leaseCounter`, which then is not `ourCounter` any more.
 */
export const ourAttributes = {
  /** The value of `leaseCounter` after our last write. */
  counter: "spillwayCounter",
  /** What a lease record has beside what the library's attributes say, as a map. */
  lease: "spillwayLease",
  /** The checkpoint with its fence, as a map. */
  checkpoint: "spillwayCheckpoint",
} as const;

/** Placeholders for names that every condition on a row needs. */
export const rowNames: Readonly<Record<"#counter" | "#ours" | "#lease" | "#scope", string>> = {
  "#counter": "leaseCounter",
  "#ours": ourAttributes.counter,
  "#lease": ourAttributes.lease,
  "#scope": "scope",
};

/** The condition that the row is this scope's and that nobody but us has written to it since we did. */
export const isUntouched = "#counter = #ours AND #lease.#scope = :scope";

/** Counts a write of ours, so that a worker of the library sees the lease move, and knows that its own idea of the row is old. */
export const countWrite = "#counter = #counter + :one, #ours = #counter + :one";

/** The library's lease table. The index that version 3 wants it creates itself. */
export function kclTableDefinition(tableName: string): CreateTableCommandInput & { readonly TableName: string } {
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
  };
}

/** The key of a shard's row. */
export function rowKey(shard: PartitionId): Record<"leaseKey", AttributeValue.SMember> {
  return { leaseKey: { S: shard } };
}

/** What a lease record has beside what the library's attributes say. */
export function leaseToMap(scope: string, record: LeaseRecord, writeId: string): AttributeValue {
  const { item: _key, partition: _shard, owner: _owner, ...rest } = leaseToItem(scope, record, writeId);
  return { M: rest };
}

/** The lease record of a row that is ours. */
export function leaseOfRow(row: Item): LeaseRecord {
  const { leaseKey, leaseOwner, [ourAttributes.lease]: lease } = row;
  return leaseOf({ ...lease?.M, ...(leaseKey && { partition: leaseKey, item: leaseKey }), ...(leaseOwner && { owner: leaseOwner }) });
}

/** Whether nobody but us has written to a row since we did. */
export function isOurs(row: Item): boolean {
  const counter = row[ourAttributes.counter]?.N;
  return counter !== undefined && counter === row.leaseCounter?.N && row[ourAttributes.lease] !== undefined;
}

/** Whether a row is a lease; version 3.5 keeps rows of other kinds in the same table. */
export function isLease(row: Item): boolean {
  return (row.entityType?.S ?? "LEASE") === "LEASE";
}

/** Refuses a partition that cannot be a row: the library would take it for a shard of its stream. */
export function checkShard(partition: PartitionId): void {
  if (/^[a-zA-Z0-9_.-]+$/.test(partition)) return;
  throw new SpillwayError(
    `The partition "${partition}" is no shard of a Kinesis stream, and only those can be kept in the library's layout.`,
    {
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
    },
  );
}
