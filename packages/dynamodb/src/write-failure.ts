import { SpillwayError, type ErrorCode, type ItemResult } from "@spillway/spec";
import { dynamoDbError, isNamed } from "./dynamodb-error.ts";

/** The failure of one write, or a throw when the whole table cannot be used: then nothing can be written. */
export function writeFailure(error: unknown, tableName: string): ItemResult {
  if (isNamed(error, "ValidationException")) return invalidItem(error, error instanceof Error ? error.message : "", tableName);
  const meaning = dynamoDbError(error, `Writing to table ${tableName}`);
  if (meaning.failureClass === "fatal") throw meaning;
  return { ok: false, error: meaning };
}

/** The failure of a message that can never be written. */
export function permanentFailure(message: string, code: ErrorCode, cause?: unknown): ItemResult {
  return { ok: false, error: new SpillwayError(message, { code, failureClass: "permanent", cause }) };
}

/** The failure of an item that DynamoDB refuses whatever the table holds. */
export function invalidItem(cause: unknown, detail: string, tableName: string): ItemResult {
  // The service has no exception of its own for it: "Item size has exceeded the maximum allowed size".
  if (/item size/i.test(detail)) {
    return permanentFailure(
      `The item is larger than the 400 KB that table ${tableName} can hold; store its payload elsewhere.`,
      "SPILLWAY_OVERSIZE",
      cause,
    );
  }
  return permanentFailure(`Table ${tableName} refused the item: ${detail}`, "SPILLWAY_ITEM_INVALID", cause);
}
