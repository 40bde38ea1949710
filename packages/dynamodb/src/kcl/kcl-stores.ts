import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { systemClock, type Clock } from "@spillway/spec";
import { checkpointStore } from "../checkpoint-store.ts";
import { checkMaxDone, type DynamoDbStores } from "../dynamodb-stores.ts";
import { leaseItems } from "../lease-items.ts";
import { leaseStore } from "../lease-store.ts";
import { storesTable, storesTableDefinition, type CreateTable } from "../stores-table.ts";
import { kclCheckpointItems } from "./kcl-checkpoint-items.ts";
import { kclTableDefinition } from "./kcl-layout.ts";
import { kclLeaseItems } from "./kcl-lease-items.ts";
import { kclVersions } from "./kcl-versions.ts";
import type { TakenOverShard } from "./shard-checkpoints.ts";
import { takeOverInPlace, type TakeOverInPlaceOptions } from "./take-over-in-place.ts";

/** What stores in the layout of the Kinesis Client Library need. */
export interface KclStoresOptions {
  /** The caller's client; region, credentials and endpoint are its business. */
  readonly client: DynamoDBClient;
  /** The library's lease table: it has the application's name. One stream, one consumer. */
  readonly kclTableName: string;
  /** A table as dynamoDbStores has it, for the one record of each consumer that the library's table has no place for. */
  readonly tableName: string;
  /** Where version 3 of the library keeps its versions before 3.5; by default the lease table's name with "-CoordinatorState". It need not exist. */
  readonly coordinatorTableName?: string;
  /** What to do when one of the two tables does not exist, as for dynamoDbStores. */
  readonly createTable?: boolean | CreateTable;
  /**
   * The most positions done beyond the watermark that a checkpoint keeps; 64 by default. They lie in the lease's own row, so every renewal pays for
   * them: one write unit for each 1,024 bytes, and 64 positions are 4 KB.
   */
  readonly maxDone?: number;
  /** Paces the wait for a table that is being created; the system's by default. Expiry of leases never looks at it. */
  readonly clock?: Clock;
}

/** Checkpoints and leases of one Kinesis consumer, in the library's own table. */
export interface KclStores extends DynamoDbStores {
  /**
   * Makes the consumer go on where workers of the library stopped: call it before the first run after theirs. Resolves to what became of the stream's
   * shards, with nothing in it and nothing changed when the library has not written since the consumer's last run. Then run with `start: { at: "earliest" }`.
   *
   * Rejects with SPILLWAY_CONFLICT, having changed nothing, while a worker lives, while the library is between two versions, or when the table is another consumer's. After any
   * other rejection call it again; until then the consumer does not start.
   */
  takeOver(options: TakeOverInPlaceOptions): Promise<readonly TakenOverShard[]>;
}

/**
 * Keeps a Kinesis consumer's leases and checkpoints in the lease table of the Kinesis Client Library, so that its workers can be replaced by ours and ours by
 * its, again and again, without a replay. Never both at once: when a worker of the library writes a lease, ours stop with SPILLWAY_CONFLICT.
 */
export function kclStores(options: KclStoresOptions): KclStores {
  const { client, kclTableName, tableName, createTable = false, maxDone = 64, clock = systemClock } = options;
  const { coordinatorTableName = `${kclTableName}-CoordinatorState` } = options;
  checkMaxDone(maxDone);
  const table = storesTable({ client, definition: kclTableDefinition(kclTableName), createTable, clock });
  const own = storesTable({ client, definition: storesTableDefinition(tableName), createTable, clock });
  const versions = kclVersions({ client, tableName: coordinatorTableName });
  const others = leaseItems({ client, table: own });
  return {
    checkpoints: checkpointStore({ items: kclCheckpointItems({ client, table }), maxDone }),
    leases: leaseStore({ items: kclLeaseItems({ client, table, others, versions }) }),
    takeOver: (takeOver) => takeOverInPlace({ client, table, versions }, takeOver),
  };
}
