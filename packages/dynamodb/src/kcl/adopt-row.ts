import { randomUUID } from "node:crypto";
import { GetItemCommand, UpdateItemCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { FencingToken, LeaseRecord, PartitionId, StartPosition } from "@spillway/spec";
import { itemFormat } from "../attributes.ts";
import { checkpointToAttributes } from "../checkpoint-item.ts";
import { isNamed } from "../dynamodb-error.ts";
import type { StoresTable } from "../stores-table.ts";
import { leaseOfRow, leaseToMap, ourAttributes, rowKey } from "./kcl-layout.ts";
import { conflict } from "./kcl-lease-items.ts";
import type { SeenRow } from "./seen-row.ts";

/** How a row is made ours. */
export interface Adoption {
  readonly client: DynamoDBClient;
  readonly table: StoresTable;
  readonly scope: string;
  readonly row: SeenRow;
  /** The shard's parents, where the stream still lists it. */
  readonly parents: readonly PartitionId[] | undefined;
  readonly signal: AbortSignal;
}

/** A lease that nobody holds has no duration; the next owner writes its own. */
export const someDurationMs = 10_000;

/**
 * Makes a row ours that the library wrote last: nobody owns it, and its token is above all that we gave before, so that a worker of ours from before the
 * library's time is refused as well. Rejects with SPILLWAY_CONFLICT, having changed nothing, if somebody wrote the row since it was seen.
 */
export async function adoptRow(adoption: Adoption): Promise<void> {
  const { client, table, scope, signal } = adoption;
  const { kcl } = adoption.row;
  const writeId = randomUUID();
  const lease = adoptedLease(adoption);
  const input = {
    TableName: table.name,
    Key: rowKey(kcl.shard),
    UpdateExpression: "SET leaseCounter = :next, #ours = :next, #lease = :lease, #mine = :mine REMOVE leaseOwner, checkpointOwner",
    ConditionExpression: "leaseCounter = :seen",
    ExpressionAttributeNames: { "#ours": ourAttributes.counter, "#lease": ourAttributes.lease, "#mine": ourAttributes.checkpoint },
    ExpressionAttributeValues: {
      ":seen": { N: kcl.counter },
      ":next": { N: String(Number(kcl.counter) + 1) },
      ":lease": leaseToMap(scope, lease, writeId),
      ":mine": { M: { ...adoptedCheckpoint(adoption.row), fence: { N: String(lease.token) }, format: { N: String(itemFormat) } } },
    },
  };
  try {
    await table.call(`Taking over the lease of ${kcl.shard}`, signal, (request) => client.send(new UpdateItemCommand(input), request));
  } catch (error) {
    if (!isNamed(error, "ConditionalCheckFailedException")) throw error;
    const { Item: now } = await table.call(`Reading the lease of ${kcl.shard}`, signal, (request) =>
      client.send(new GetItemCommand({ TableName: table.name, Key: rowKey(kcl.shard), ConsistentRead: true }), request),
    );
    // Our own first try, whose answer was lost.
    if (now?.[ourAttributes.lease]?.M?.writeId?.S === writeId) return;
    throw conflict(
      `The lease of ${kcl.shard} was written while it was taken over: stop all workers of the Kinesis Client Library first.`,
      error,
    );
  }
}

function adoptedLease({ row, parents }: Adoption): LeaseRecord {
  const { item, kcl, checkpoint } = row;
  const before = item[ourAttributes.lease] === undefined ? undefined : leaseOfRow(item);
  return {
    partition: kcl.shard,
    parents: parents ?? before?.parents ?? ((item.parentShardId?.SS ?? []) as readonly string[] as readonly PartitionId[]),
    version: (before?.version ?? 0) + 1,
    token: ((before?.token ?? 0) + 1) as FencingToken,
    owner: undefined,
    durationMs: before?.durationMs ?? someDurationMs,
    wantedBy: undefined,
    state: checkpoint.state === "finished" ? "finished" : "open",
    start: startOf(row),
  };
}

/** Where to begin in a shard of which nothing is done. */
function startOf({ checkpoint }: SeenRow): StartPosition {
  return checkpoint.state === "reading" && checkpoint.from.at !== "after" ? checkpoint.from : { at: "earliest" };
}

/** What is known of a shard that was begun; nothing of one that was not, so that the lease's start counts. */
function adoptedCheckpoint({ checkpoint, ours }: SeenRow): Record<string, AttributeValue> {
  if (ours !== undefined) return { ...ours };
  return checkpoint.state === "finished" || checkpoint.from.at === "after" ? checkpointToAttributes(checkpoint, 0) : {};
}
