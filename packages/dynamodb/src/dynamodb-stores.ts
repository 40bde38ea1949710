import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SpillwayError, systemClock, type CheckpointStore, type Clock, type LeaseStore } from "@spillway/spec";
import { checkpointItems } from "./checkpoint-items.ts";
import { checkpointStore } from "./checkpoint-store.ts";
import { leaseItems } from "./lease-items.ts";
import { leaseStore } from "./lease-store.ts";
import { storesTable, storesTableDefinition, type CreateTable } from "./stores-table.ts";

/** What the DynamoDB stores need. */
export interface DynamoDbStoresOptions {
  /** The caller's client; region, credentials and endpoint are its business. */
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /**
   * What to do when the table does not exist: false (the default) fails with advice, true creates it on demand billing, a function is handed the
   * definition and creates it its own way. Reading and writing never need the permission to create.
   */
  readonly createTable?: boolean | CreateTable;
  /**
   * The most positions done beyond the watermark that a checkpoint keeps; 256 by default. A save costs one write unit for each 1,024 bytes of its
   * item, so 256 Kinesis positions (15 KB) cost up to 15. Beyond the bound the earliest are kept and the others run again after a crash.
   */
  readonly maxDone?: number;
  /** Paces the wait for a table that is being created; the system's by default. Expiry of leases never looks at it. */
  readonly clock?: Clock;
}

/** Checkpoints and leases in one DynamoDB table. */
export interface DynamoDbStores {
  readonly checkpoints: CheckpointStore;
  readonly leases: LeaseStore;
}

/** Keeps checkpoints and leases of any number of consumers in one table. */
export function dynamoDbStores(options: DynamoDbStoresOptions): DynamoDbStores {
  const { client, tableName, createTable = false, maxDone = 256, clock = systemClock } = options;
  checkMaxDone(maxDone);
  const table = storesTable({ client, definition: storesTableDefinition(tableName), createTable, clock });
  return {
    checkpoints: checkpointStore({ items: checkpointItems({ client, table }), maxDone }),
    leases: leaseStore({ items: leaseItems({ client, table }) }),
  };
}

/** Refuses a bound that is none. */
export function checkMaxDone(maxDone: number): void {
  if (Number.isSafeInteger(maxDone) && maxDone >= 0) return;
  throw new SpillwayError(`maxDone is ${maxDone}; give a whole number that is not negative.`, {
    code: "SPILLWAY_INVALID_OPTIONS",
    failureClass: "fatal",
  });
}
