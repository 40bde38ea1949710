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

/** What a failed call means to the engine; an error that is Spillway's already stays as it is. */
export function streamError(error: unknown, doing: string): SpillwayError {
  if (error instanceof SpillwayError) return error;
  const name = error instanceof Error ? error.name : "unknown";
  const detail = `DynamoDB said ${name}: ${error instanceof Error ? error.message : String(error)}`;
  if (noPermission.has(name)) {
    return fatal(
      "SPILLWAY_TABLE_STREAM_DENIED",
      `${doing}: not allowed. Grant the permissions that the documentation lists. ${detail}`,
      error,
    );
  }
  if (name === "ResourceNotFoundException") {
    return fatal(
      "SPILLWAY_TABLE_STREAM_NOT_FOUND",
      `${doing}: it does not exist, or not any more; a disabled stream is kept for 24 hours. Check the name, or read by tableName to follow a table. ${detail}`,
      error,
    );
  }
  if (name === "ValidationException") {
    return fatal(
      "SPILLWAY_INVALID_OPTIONS",
      `${doing}: the request was refused. Check the options; a checkpoint of another stream is refused like this. ${detail}`,
      error,
    );
  }
  return new SpillwayError(`${doing} failed and is tried again. ${detail}`, { code: "SPILLWAY_TABLE_STREAM_FAILED", cause: error });
}

/** An error that a person must see to. */
export function fatal(
  code:
    | "SPILLWAY_TABLE_STREAM_DENIED"
    | "SPILLWAY_TABLE_STREAM_NOT_FOUND"
    | "SPILLWAY_INVALID_OPTIONS"
    | "SPILLWAY_TABLE_STREAM_TRIMMED"
    | "SPILLWAY_FORMAT",
  message: string,
  cause?: unknown,
): SpillwayError {
  return new SpillwayError(message, { code, failureClass: "fatal", cause });
}
