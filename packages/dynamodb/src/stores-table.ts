import {
  CreateTableCommand,
  DescribeTableCommand,
  type AttributeValue,
  type CreateTableCommandInput,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { type Clock, SpillwayError, wait } from "@spillway/spec";
import { dynamoDbError, isNamed } from "./dynamodb-error.ts";

/** Makes the stores' table: gets the definition that is needed, adds what the user wants (tags, encryption), and creates it. */
export type CreateTable = (definition: CreateTableCommandInput, signal: AbortSignal) => Promise<void>;

/** Runs calls against the stores' table, creating it first where that was asked for. */
export interface StoresTable {
  readonly name: string;
  /**
   * Runs one call. Rejects with the signal's reason when it aborts, otherwise with a SpillwayError; a ConditionalCheckFailedException is passed on
   * as it is, because only the caller knows what it means.
   */
  call<T>(doing: string, signal: AbortSignal, send: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T>;
}

const pollMs = 500;
/** A new on-demand table is ready within seconds; after this long something else is wrong. */
const readyTimeoutMs = 120_000;

/** The table that the stores need: its keys are the scope and the item within it. */
export function storesTableDefinition(tableName: string): CreateTableCommandInput & { readonly TableName: string } {
  return {
    TableName: tableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "scope", AttributeType: "S" },
      { AttributeName: "item", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "scope", KeyType: "HASH" },
      { AttributeName: "item", KeyType: "RANGE" },
    ],
  };
}

/** The key of one item: leases and checkpoints lie apart, so that a renewal never pays for a checkpoint's size. */
export function itemKey(kind: "lease" | "checkpoint", scope: string, partition: string): Record<"scope" | "item", AttributeValue.SMember> {
  return { scope: { S: scope }, item: { S: `${kind}#${partition}` } };
}

/** The table of this definition, reached through this client. */
export function storesTable(options: {
  readonly client: DynamoDBClient;
  readonly definition: CreateTableCommandInput & { readonly TableName: string };
  readonly createTable: boolean | CreateTable;
  readonly clock: Clock;
}): StoresTable {
  const { client, definition, createTable, clock } = options;
  const { TableName: name } = definition;

  async function create(signal: AbortSignal): Promise<void> {
    try {
      if (typeof createTable === "function") await createTable(definition, signal);
      else await client.send(new CreateTableCommand(definition), { abortSignal: signal });
    } catch (error) {
      // Somebody else is creating it at this moment: then wait for theirs.
      if (!isNamed(error, "ResourceInUseException")) throw error;
    }
    const giveUpAtMs = clock.nowMs() + readyTimeoutMs;
    for (;;) {
      if (await isActive(client, name, signal)) return;
      if (clock.nowMs() > giveUpAtMs) {
        throw new SpillwayError(
          `Table ${name} was created but is not active after ${readyTimeoutMs / 1000} s. Look at it in the console.`,
          {
            code: "SPILLWAY_STORE_UNAVAILABLE",
          },
        );
      }
      await wait(clock, pollMs, signal);
    }
  }

  return {
    name,
    async call(doing, signal, send) {
      signal.throwIfAborted();
      try {
        try {
          return await send({ abortSignal: signal });
        } catch (error) {
          if (createTable === false || !isNamed(error, "ResourceNotFoundException")) throw error;
          await create(signal);
          return await send({ abortSignal: signal });
        }
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        if (isNamed(error, "ConditionalCheckFailedException")) throw error;
        throw dynamoDbError(error, doing);
      }
    },
  };
}

async function isActive(client: DynamoDBClient, name: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await client.send(new DescribeTableCommand({ TableName: name }), { abortSignal: signal });
    return answer.Table?.TableStatus === "ACTIVE";
  } catch (error) {
    // Right after its creation a table may not be seen yet.
    if (isNamed(error, "ResourceNotFoundException")) return false;
    throw error;
  }
}
