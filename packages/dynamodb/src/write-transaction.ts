import { createHash, randomUUID } from "node:crypto";
import { TransactWriteItemsCommand, type CancellationReason, type DynamoDBClient, type TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { SpillwayError, succeeded, type ItemResult } from "@spillway/spec";
import { dynamoDbError, isNamed } from "./dynamodb-error.ts";
import { itemJson } from "./item-json.ts";
import type { TransactionPart } from "./table-write.ts";
import { invalidItem, permanentFailure, writeFailure } from "./write-failure.ts";

/** One message's transaction. */
export interface Transaction {
  readonly parts: readonly TransactionPart[];
  /** The parts as DynamoDB takes them. */
  readonly items: TransactWriteItem[];
  /** By which DynamoDB knows a repeat for ten minutes. */
  readonly token: string;
  readonly client: DynamoDBClient;
  /** The table of parts that name none. */
  readonly tableName: string;
  readonly signal: AbortSignal;
}

/** Writes all parts or none. Rejects with the signal's reason, or when a table cannot be used at all. */
export async function writeTransaction({ parts, items, token, client, tableName, signal }: Transaction): Promise<ItemResult> {
  try {
    const input = { TransactItems: items, ClientRequestToken: token };
    await client.send(new TransactWriteItemsCommand(input), { abortSignal: signal });
    return succeeded;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return transactionResult(error, parts, tableName);
  }
}

/**
 * The same for every attempt at the same writes of a message, at most 36 characters. The writes are in it because a message may come to a table by two
 * sinks; without a name for the message, only the SDK's own repeats are known again.
 */
export function requestToken(messageId: string | undefined, items: readonly TransactWriteItem[]): string {
  if (messageId === undefined) return randomUUID();
  return createHash("sha256")
    .update(JSON.stringify([messageId, itemJson(items)]))
    .digest("base64url")
    .slice(0, 36);
}

/** What a refused transaction means for its message. Throws when a table cannot be used at all. */
export function transactionResult(error: unknown, parts: readonly TransactionPart[], tableName: string): ItemResult {
  if (!isCancelled(error)) return writeFailure(error, tableName);
  const failed = (error.CancellationReasons ?? []).flatMap((reason, index): readonly FailedPart[] => {
    const part = parts[index];
    return part === undefined || isNone(reason) ? [] : [{ part, reason, number: index + 1, tableName: part.tableName ?? tableName }];
  });
  const refusals = failed.filter(({ reason }) => reason.Code === "ConditionalCheckFailed");
  if (failed.length > 0 && failed.every((each) => refusals.includes(each) && each.part.onlyIf?.whenRefused === "succeed")) return succeeded;
  const denied = failed.find(({ reason }) => reason.Code === "AccessDenied");
  if (denied !== undefined) throw dynamoDbError(named("AccessDeniedException", denied, error), `Writing to table ${denied.tableName}`);
  const invalid = failed.find(({ reason }) => reason.Code === "ValidationError" || reason.Code === "ItemCollectionSizeLimitExceeded");
  if (invalid !== undefined) return invalidItem(error, said(invalid), invalid.tableName);
  // One that does not say "succeed" decides; another that does is no reason to write the rest.
  const refusal = refusals.find(({ part }) => part.onlyIf?.whenRefused === "fail");
  if (refusal !== undefined) return permanentFailure(`The transaction was refused: ${said(refusal)}.`, "SPILLWAY_CONDITION_REFUSED", error);
  // Conflicts with other transactions, throttling, and whatever else DynamoDB may say one day.
  const message = `The transaction on table ${tableName} was cancelled: ${failed.map(said).join("; ") || "no reason given"}. It is tried again.`;
  return { ok: false, error: new SpillwayError(message, { code: "SPILLWAY_DYNAMODB_FAILED", cause: error }) };
}

interface FailedPart {
  readonly part: TransactionPart;
  readonly reason: CancellationReason;
  /** Counted from 1. */
  readonly number: number;
  readonly tableName: string;
}

/** Told by its name: two copies of the SDK may be installed. */
function isCancelled(error: unknown): error is Error & { readonly CancellationReasons?: readonly CancellationReason[] } {
  return isNamed(error, "TransactionCanceledException");
}

function isNone({ Code }: CancellationReason): boolean {
  return Code === undefined || Code === "None";
}

function said({ reason, number, tableName }: FailedPart): string {
  return `part ${number}, on table ${tableName}: ${reason.Code ?? "?"}${reason.Message === undefined ? "" : ` (${reason.Message})`}`;
}

function named(name: string, failed: FailedPart, cause: unknown): Error {
  return Object.assign(new Error(said(failed), { cause }), { name });
}
