import { SpillwayError } from "@spillway/spec";

const noPermission = new Set([
  "AccessDeniedException",
  "UnrecognizedClientException",
  "InvalidSignatureException",
  "IncompleteSignatureException",
  "MissingAuthenticationTokenException",
]);

/** Whether an error of the SDK is of this name; exceptions of the service are told apart by name alone. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** What a failed DynamoDB call means to the engine; an error that is Spillway's already stays as it is. */
export function dynamoDbError(error: unknown, doing: string): SpillwayError {
  if (error instanceof SpillwayError) return error;
  const name = error instanceof Error ? error.name : "unknown";
  const detail = error instanceof Error ? error.message : String(error);
  if (name === "ResourceNotFoundException") {
    return new SpillwayError(
      `${doing}: the table does not exist. Create it (dynamoDbStoresSetup prints how), or pass createTable. DynamoDB said: ${detail}`,
      { code: "SPILLWAY_STORE_UNAVAILABLE", failureClass: "fatal", cause: error },
    );
  }
  if (noPermission.has(name)) {
    return new SpillwayError(`${doing}: not allowed. Grant the permissions that the documentation lists. DynamoDB said: ${detail}`, {
      code: "SPILLWAY_STORE_UNAVAILABLE",
      failureClass: "fatal",
      cause: error,
    });
  }
  if (name === "ValidationException") {
    return new SpillwayError(
      `${doing}: DynamoDB refused the request; check the table's key schema against the one documented. It said: ${detail}`,
      {
        code: "SPILLWAY_INVALID_OPTIONS",
        failureClass: "fatal",
        cause: error,
      },
    );
  }
  return new SpillwayError(
    `${doing} failed (${name}: ${detail}). It is tried again; if it lasts, look at the table's throttling metrics.`,
    {
      code: "SPILLWAY_DYNAMODB_FAILED",
      cause: error,
    },
  );
}
