import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { checkpoint, consume, deadLetter, exponential, filter, map, publish, retry, type Settled } from "@spillway/core";
import { dynamoDbSink } from "@spillway/dynamodb";
import type { DynamoDbStreamSource, Item } from "@spillway/dynamodb-streams";
import type { Observable } from "rxjs";

/** What it works on. */
export interface SalesWindows {
  /** The changes of a table of orders, each with a customer and an amount in cents. */
  readonly orders: DynamoDbStreamSource<"NEW_IMAGE">;
  readonly client: DynamoDBClient;
  /** A table with the hash key "customer" and the range key "window", a number: when the window begins, in milliseconds. */
  readonly windowsTable: string;
  /** A table with the hash key "id": which orders are in their sum. Give it a time to live, "expires", of more than a consumer may ever be rewound by. */
  readonly countedTable: string;
  readonly deadLetters: Parameters<typeof deadLetter>[0];
}

const windowMs = 300_000;

/**
 * Adds up what each customer orders in each five minutes, over batches, restarts and shards, as a tumbling window of Lambda does within a shard. The window is an
 * item; an order and the note that it is counted are written together or not at all, so that it counts once however often it is delivered.
 */
export function salesWindows({ orders, client, windowsTable, countedTable, deadLetters }: SalesWindows): Observable<Settled> {
  const windows = dynamoDbSink<{ readonly customer: string; readonly cents: string; readonly atMs: number }>({
    client,
    tableName: windowsTable,
    keyAttributes: ["customer", "window"],
    toWrite: ({ id = "", value: { customer, cents, atMs } }) => ({
      transaction: [
        {
          update: {
            key: { customer: { S: customer }, window: { N: `${Math.floor(atMs / windowMs) * windowMs}` } },
            expression: "ADD cents :cents, orders :one",
            values: { ":cents": { N: cents }, ":one": { N: "1" } },
          },
        },
        {
          tableName: countedTable,
          put: { id: { S: id }, expires: { N: `${Math.floor(atMs / 1_000) + 30 * 86_400}` } },
          onlyIf: { expression: "attribute_not_exists(id)", whenRefused: "succeed" },
        },
      ],
    }),
  });
  return consume(orders, { ordering: "none" }).pipe(
    filter((change) => change.kind === "insert", "no new order"),
    map(({ newImage }) => saleOf(newImage)),
    publish(windows, (sale, { message: { id, timestampMs } }) => ({ id, value: { ...sale, atMs: timestampMs } }), { concurrency: 16 }),
    retry({ attempts: 5, backoff: exponential({ firstMs: 100, maxMs: 5_000 }) }),
    deadLetter(deadLetters),
    checkpoint(),
  );
}

/** What an order is worth; one that does not say so is a dead letter. */
function saleOf({ customer, cents }: Item): { readonly customer: string; readonly cents: string } {
  if (typeof customer !== "string" || typeof cents !== "number") throw new TypeError("an order needs a customer and an amount in cents");
  return { customer, cents: `${cents}` };
}
