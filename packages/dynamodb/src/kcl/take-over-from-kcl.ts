import { ScanCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  type CallOptions,
  type Checkpoint,
  type Clock,
  type FencingToken,
  hasCode,
  type LogSource,
  type PartitionId,
  SpillwayError,
  systemClock,
  wait,
} from "@spillway/spec";
import { dynamoDbError } from "../dynamodb-error.ts";
import { scopeOf } from "../scope-of.ts";
import { conflict } from "./kcl-lease-items.ts";
import { kclCheckpoint, kclRow, reading, type KclRow } from "./kcl-row.ts";
import { refuseLiving } from "./refuse-living.ts";
import { shardCheckpoints, type TakenOverShard } from "./shard-checkpoints.ts";

/** What taking over needs. */
export interface TakeOverFromKclOptions extends CallOptions {
  readonly client: DynamoDBClient;
  /** The lease table of the Kinesis Client Library: it has the application's name. It is read and never written. */
  readonly kclTableName: string;
  /** The Kinesis source that is to go on, with the consumer name it will run under. */
  readonly source: LogSource<unknown>;
  /** The stream's own name, by which an application with several streams tells their leases apart; the source's name where left out. */
  readonly streamName?: string;
  /** Where the library was told to begin, for shards that it has not begun yet; needed only where it was told a time. */
  readonly startTimestampMs?: number;
  /** How long the table is watched for workers that are alive, in milliseconds; 30,000 by default: three times the library's failover time. */
  readonly observeMs?: number;
  readonly clock?: Clock;
}

/** Below every token that the engine gives: what is saved with it counts as the work of nobody. */
const beforeAll = 0 as FencingToken;

/**
 * Makes a consumer go on where workers of the Kinesis Client Library stopped: writes a checkpoint for each shard, before the consumer's first run. Then
 * run it with `start: { at: "earliest" }`, which holds for shards that are born later.
 *
 * Rejects with SPILLWAY_CONFLICT, having changed nothing, while such a worker lives, or when the consumer has run already. After any other rejection
 * call it again.
 */
export async function takeOverFromKcl(options: TakeOverFromKclOptions): Promise<readonly TakenOverShard[]> {
  const { source, signal, startTimestampMs, observeMs = 30_000, clock = systemClock } = options;
  const calledAtMs = clock.nowMs();
  const before = await leases(options);
  await wait(clock, observeMs, signal);
  const rows = await leases(options);
  refuseLiving(before, rows);
  const known = new Map([...rows].map(([shard, row]) => [shard, fixed(kclCheckpoint(row, startTimestampMs), calledAtMs)]));
  const taken = shardCheckpoints(await source.partitions({ signal }), known);
  const { checkpoints, consumer } = source.coordination;
  const scope = scopeOf(source);
  try {
    for (const { partition } of taken) await checkpoints.load({ scope, partition }, beforeAll, { signal });
    for (const { partition, checkpoint } of taken) await checkpoints.save({ scope, partition }, checkpoint, beforeAll, { signal });
  } catch (error) {
    if (!hasCode(error, "SPILLWAY_LEASE_LOST")) throw error;
    throw conflict(`The consumer ${consumer} has run on ${source.name} already. Take over under a name that has not, or rewind it.`, error);
  }
  return taken;
}

/** A checkpoint that means the same tomorrow: "latest" would skip what comes before a second start. */
function fixed(checkpoint: Checkpoint, nowMs: number): Checkpoint {
  return checkpoint.state === "reading" && checkpoint.from.at === "latest" ? reading({ at: "timestamp", timestampMs: nowMs }) : checkpoint;
}

async function leases(options: TakeOverFromKclOptions): Promise<ReadonlyMap<PartitionId, KclRow>> {
  const { client, kclTableName, source, streamName = source.name, signal } = options;
  const rows = new Map<PartitionId, KclRow>();
  let after: Record<string, AttributeValue> | undefined;
  do {
    const input = { TableName: kclTableName, ConsistentRead: true, ExclusiveStartKey: after };
    const page = await client.send(new ScanCommand(input), { abortSignal: signal }).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw dynamoDbError(error, `Reading the lease table ${kclTableName}`);
    });
    for (const item of page.Items ?? []) {
      const row = kclRow(item, streamName);
      if (row !== undefined) rows.set(row.shard, row);
    }
    after = page.LastEvaluatedKey;
  } while (after !== undefined);
  if (rows.size > 0) return rows;
  throw new SpillwayError(
    `Table ${kclTableName} holds no lease of stream ${streamName}: there is nothing to take over. Check both names.`,
    {
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
    },
  );
}
