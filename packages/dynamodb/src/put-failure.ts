import { SpillwayError, type ItemResult } from "@spillway/spec";
import { dynamoDbError, isNamed } from "./dynamodb-error.ts";

/** The failure of one item, or a throw when the whole table cannot be used: then no item can be stored. */
export function putFailure(error: unknown, tableName: string): ItemResult {
  if (isNamed(error, "ValidationException")) return { ok: false, error: refusedItem(error, tableName) };
  const meaning = dynamoDbError(error, `Writing to table ${tableName}`);
  if (meaning.failureClass === "fatal") throw meaning;
  return { ok: false, error: meaning };
}

/** The failure of an item that can never be stored. */
export function permanentFailure(
  message: string,
  code: "SPILLWAY_ITEM_INVALID" | "SPILLWAY_CONDITION_REFUSED",
  cause?: unknown,
): ItemResult {
  return { ok: false, error: new SpillwayError(message, { code, failureClass: "permanent", cause }) };
}

function refusedItem(cause: unknown, tableName: string): SpillwayError {
  const detail = cause instanceof Error ? cause.message : "";
  // The service has no exception of its own for it: "Item size has exceeded the maximum allowed size".
  if (/item size/i.test(detail)) {
    return new SpillwayError(`The item is larger than the 400 KB that table ${tableName} can hold; store its payload elsewhere.`, {
      code: "SPILLWAY_OVERSIZE",
      failureClass: "permanent",
      cause,
    });
  }
  return new SpillwayError(`Table ${tableName} refused the item: ${detail}`, {
    code: "SPILLWAY_ITEM_INVALID",
    failureClass: "permanent",
    cause,
  });
}
