import { randomUUID } from "node:crypto";
import { PutItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  type CallOptions,
  type Clock,
  type FencingToken,
  type LogSource,
  type PartitionId,
  SpillwayError,
  systemClock,
  wait,
} from "@spillway/spec";
import { isNamed } from "../dynamodb-error.ts";
import { scopeOf } from "../scope-of.ts";
import type { StoresTable } from "../stores-table.ts";
import { adoptRow, someDurationMs } from "./adopt-row.ts";
import { checkScope, newRow, scanRows } from "./kcl-lease-items.ts";
import { isOurs } from "./kcl-layout.ts";
import type { KclRow } from "./kcl-row.ts";
import type { KclVersions } from "./kcl-versions.ts";
import { refuseLiving } from "./refuse-living.ts";
import { seenRow, type SeenRow } from "./seen-row.ts";
import { shardCheckpoints, type TakenOverShard } from "./shard-checkpoints.ts";

/** What taking over in place needs. */
export interface TakeOverInPlaceOptions extends CallOptions {
  /** The Kinesis source that is to go on, with these stores and the consumer name it will run under. */
  readonly source: LogSource<unknown>;
  /** Where the library was told to begin, for shards that it has not begun yet; needed only where it was told a time. */
  readonly startTimestampMs?: number;
  /** How long the table is watched for workers that are alive, in milliseconds; 30,000 by default: three times the library's failover time. */
  readonly observeMs?: number;
  readonly clock?: Clock;
}

/** Where the leases lie. */
export interface KclPlaces {
  readonly client: DynamoDBClient;
  readonly table: StoresTable;
  readonly versions: KclVersions;
}

/** Makes the rows that workers of the library have left ours; see KclStores.takeOver. */
export async function takeOverInPlace(places: KclPlaces, options: TakeOverInPlaceOptions): Promise<readonly TakenOverShard[]> {
  const { source, signal, observeMs = 30_000, clock = systemClock } = options;
  const { client, table, versions } = places;
  const scope = scopeOf(source);
  await versions.check(signal);
  const before = await look(places, scope, options);
  if (before.size === 0) throw nothingThere(table.name);
  if ([...before.values()].every(({ item }) => isOurs(item))) return [];
  await wait(clock, observeMs, signal);
  const rows = await look(places, scope, options);
  refuseLiving(countersOf(before), countersOf(rows));

  const partitions = await source.partitions({ signal });
  const parentsOf = new Map(partitions.map(({ id, parents }) => [id, parents]));
  const taken = shardCheckpoints(partitions, new Map([...rows].map(([shard, { checkpoint }]) => [shard, checkpoint])));
  // Rows that are missing come first, parents before children: whatever cuts this off, the next call comes to the same conclusions.
  for (const shard of taken) {
    if (!rows.has(shard.partition)) await addRow(places, scope, shard, parentsOf.get(shard.partition) ?? [], signal);
  }
  for (const [shard, row] of rows) {
    if (!isOurs(row.item)) await adoptRow({ client, table, scope, row, parents: parentsOf.get(shard), signal });
  }
  return taken;
}

/** All leases of the table; refuses those that cannot be kept in place. */
async function look(
  { client, table }: KclPlaces,
  scope: string,
  { signal, startTimestampMs }: TakeOverInPlaceOptions,
): Promise<ReadonlyMap<PartitionId, SeenRow>> {
  const rows = new Map<PartitionId, SeenRow>();
  for (const item of await scanRows({ client, table, signal })) {
    if (item.streamName !== undefined) throw severalStreams(table.name);
    checkScope(item, scope, table.name);
    const row = seenRow(item, startTimestampMs);
    rows.set(row.kcl.shard, row);
  }
  return rows;
}

function countersOf(rows: ReadonlyMap<PartitionId, SeenRow>): ReadonlyMap<PartitionId, KclRow> {
  return new Map([...rows].map(([shard, { kcl }]) => [shard, kcl]));
}

/** Adds the row of a shard that the library has forgotten or not seen. */
async function addRow(
  { client, table }: KclPlaces,
  scope: string,
  { partition, checkpoint }: TakenOverShard,
  parents: readonly PartitionId[],
  signal: AbortSignal,
): Promise<void> {
  const record = {
    partition,
    parents,
    version: 1,
    token: 0 as FencingToken,
    owner: undefined,
    durationMs: someDurationMs,
    wantedBy: undefined,
    state: checkpoint.state === "finished" ? "finished" : "open",
    start: { at: "earliest" },
  } as const;
  const Item = newRow(scope, record, randomUUID());
  try {
    await table.call(`Writing the lease of ${partition}`, signal, (request) =>
      client.send(new PutItemCommand({ TableName: table.name, Item, ConditionExpression: "attribute_not_exists(leaseKey)" }), request),
    );
  } catch (error) {
    // Our own first try, whose answer was lost, or a second take-over that comes to the same conclusion.
    if (!isNamed(error, "ConditionalCheckFailedException")) throw error;
  }
}

function severalStreams(tableName: string): SpillwayError {
  return invalid(
    `Table ${tableName} is of an application that reads several streams. Its rows cannot be kept in place: use dynamoDbStores and takeOverFromKcl for each stream.`,
  );
}

function nothingThere(tableName: string): SpillwayError {
  return invalid(`Table ${tableName} holds no lease: there is nothing to take over. Check its name; a new consumer needs no take-over.`);
}

function invalid(message: string): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}
