import { GetItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SpillwayError } from "@spillway/spec";
import type { Item } from "../attributes.ts";
import { dynamoDbError, isNamed } from "../dynamodb-error.ts";

/** Refuses an application whose workers are between two versions. */
export interface KclVersions {
  /** Resolves when the library's own records allow us to write its table, asking only the first time. Rejects with SPILLWAY_CONFLICT when not. */
  check(signal: AbortSignal): Promise<void>;
}

/** The rows in which the library writes its versions, and where they lie within a row. */
const records = [
  { key: "Migration3.0", entityType: "CLIENT_VERSION_MIGRATION", attribute: "cv", settled: ["CLIENT_VERSION_2X", "CLIENT_VERSION_3X"] },
  { key: "TableMigration3.5", entityType: "TABLE_MIGRATION", attribute: "tm", settled: ["TABLE_MIGRATION_STATUS_COMPLETE"] },
] as const;

/**
 * Reads the versions where the library keeps them before 3.5: in a table beside its lease table. During a migration its workers decide by who owns
 * leases and what those owners report, and move rows from table to table; owners that report nothing would hold that up or falsify it.
 */
export function kclVersions({ client, tableName }: { readonly client: DynamoDBClient; readonly tableName: string }): KclVersions {
  let isChecked = false;
  return {
    async check(signal) {
      if (isChecked) return;
      for (const { key } of records) {
        const input = { TableName: tableName, Key: { key: { S: key } }, ConsistentRead: true };
        try {
          const { Item } = await client.send(new GetItemCommand(input), { abortSignal: signal });
          if (Item !== undefined) checkVersions(Item, key, tableName);
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          // Versions 1 and 2 have no such table, and 3.5 keeps its rows among the leases.
          if (!isNamed(error, "ResourceNotFoundException")) throw dynamoDbError(error, `Reading ${tableName}`);
        }
      }
      isChecked = true;
    },
  };
}

/** Refuses a row of the library that says that it is between two versions; every other row passes. */
export function checkVersions(row: Item, key: string, tableName: string): void {
  const record = records.find((one) => one.key === key || one.entityType === row.entityType?.S);
  if (record === undefined) return;
  const state = row[record.attribute]?.S;
  if (record.settled.some((settled) => settled === state)) return;
  throw new SpillwayError(
    `The Kinesis Client Library is between two versions (${record.entityType} in table ${tableName} is ${state ?? "not stated"}), and its leases must not ` +
      `be touched meanwhile. Let its workers finish the migration, or roll it back with its own tool, and try again.`,
    { code: "SPILLWAY_CONFLICT", failureClass: "fatal" },
  );
}
