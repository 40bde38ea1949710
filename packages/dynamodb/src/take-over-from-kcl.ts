import { ScanCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  type CallOptions,
  type Checkpoint,
  type Clock,
  type FencingToken,
  hasCode,
  type LogSource,
  type Partition,
  type PartitionId,
  SpillwayError,
  systemClock,
  wait,
} from "@spillway/spec";
import { dynamoDbError } from "./dynamodb-error.ts";
import { kclCheckpoint, kclRow, reading, type KclRow } from "./kcl-row.ts";

/** What taking over needs. */
export interface TakeOverFromKclOptions extends CallOptions {
  readonly client: DynamoDBClient;
  /** The lease table of the Kinesis Client Library: it has the application's name. It is read and never written. */
  readonly kclTableName: string;
  /** The Kinesis source that is to go on, with the consumer name it will run under. */
  readonly source: LogSource<unknown>;
  /** Where the library was told to begin, for shards that it has not begun yet; needed only where it was told a time. */
  readonly startTimestampMs?: number;
  /** How long the table is watched for workers that are alive, in milliseconds; 30,000 by default: three times the library's failover time. */
  readonly observeMs?: number;
  readonly clock?: Clock;
}

/** What became of one shard. */
export interface TakenOverShard {
  readonly partition: PartitionId;
  readonly checkpoint: Checkpoint;
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
  const before = await leases(options);
  await wait(clock, observeMs, signal);
  const rows = await leases(options);
  refuseLiving(before, rows);
  const taken = checkpointsOf(await source.partitions({ signal }), rows, startTimestampMs);
  const { checkpoints, consumer } = source.coordination;
  // As the engine names a consumer's checkpoints on one log.
  const scope = `${encodeURIComponent(consumer)}/${encodeURIComponent(source.name)}`;
  try {
    for (const { partition } of taken) await checkpoints.load({ scope, partition }, beforeAll, { signal });
    for (const { partition, checkpoint } of taken) await checkpoints.save({ scope, partition }, checkpoint, beforeAll, { signal });
  } catch (error) {
    if (!hasCode(error, "SPILLWAY_LEASE_LOST")) throw error;
    throw conflict(`The consumer ${consumer} has run on ${source.name} already. Take over under a name that has not, or rewind it.`, error);
  }
  return taken;
}

/** Each shard's checkpoint: its row's; without a row, what the library has forgotten is finished and what it has not seen is read from its beginning. */
function checkpointsOf(
  partitions: readonly Partition[],
  rows: ReadonlyMap<PartitionId, KclRow>,
  startTimestampMs: number | undefined,
): readonly TakenOverShard[] {
  const parentsOf = new Map(partitions.map(({ id, parents }) => [id, parents]));
  const ancestors = new Set<PartitionId>();
  const note = (id: PartitionId): void => {
    for (const parent of parentsOf.get(id) ?? []) {
      if (ancestors.has(parent)) continue;
      ancestors.add(parent);
      note(parent);
    }
  };
  for (const shard of rows.keys()) note(shard);
  return partitions.map(({ id }) => {
    const row = rows.get(id);
    if (row !== undefined) return { partition: id, checkpoint: kclCheckpoint(row, startTimestampMs) };
    return { partition: id, checkpoint: ancestors.has(id) ? { state: "finished" } : reading({ at: "earliest" }) };
  });
}

async function leases({ client, kclTableName, source, signal }: TakeOverFromKclOptions): Promise<ReadonlyMap<PartitionId, KclRow>> {
  const rows = new Map<PartitionId, KclRow>();
  let after: Record<string, AttributeValue> | undefined;
  do {
    const input = { TableName: kclTableName, ConsistentRead: true, ExclusiveStartKey: after };
    const page = await client.send(new ScanCommand(input), { abortSignal: signal }).catch((error: unknown) => {
      if (signal.aborted) throw signal.reason;
      throw dynamoDbError(error, `Reading the lease table ${kclTableName}`);
    });
    for (const item of page.Items ?? []) {
      const row = kclRow(item, source.name);
      if (row !== undefined) rows.set(row.shard, row);
    }
    after = page.LastEvaluatedKey;
  } while (after !== undefined);
  if (rows.size > 0) return rows;
  throw new SpillwayError(
    `Table ${kclTableName} holds no lease of stream ${source.name}: there is nothing to take over. Check both names.`,
    {
      code: "SPILLWAY_INVALID_OPTIONS",
      failureClass: "fatal",
    },
  );
}

function refuseLiving(before: ReadonlyMap<PartitionId, KclRow>, after: ReadonlyMap<PartitionId, KclRow>): void {
  const changed = [...after.values()].find(({ shard, counter }) => before.get(shard)?.counter !== counter);
  if (changed !== undefined)
    throw conflict(`A worker of the Kinesis Client Library still writes the lease of ${changed.shard}: stop all of them first.`);
}

function conflict(message: string, cause?: unknown): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_CONFLICT", failureClass: "fatal", cause });
}
