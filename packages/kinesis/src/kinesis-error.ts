import { SpillwayError } from "@spillway/spec";

const noPermission = new Set([
  "AccessDeniedException",
  "UnrecognizedClientException",
  "InvalidSignatureException",
  "IncompleteSignatureException",
  "MissingAuthenticationTokenException",
]);

/** A key that must be repaired by hand; KMSThrottlingException passes by itself and is not among them. */
const keyUnusable = new Set([
  "KMSAccessDeniedException",
  "KMSDisabledException",
  "KMSInvalidStateException",
  "KMSNotFoundException",
  "KMSOptInRequired",
]);

/** Whether an error of the SDK is of this name; exceptions of the service are told apart by name alone. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

/** What a failed Kinesis call means to the engine; an error that is Spillway's already stays as it is. */
export function kinesisError(error: unknown, doing: string): SpillwayError {
  if (error instanceof SpillwayError) return error;
  const name = error instanceof Error ? error.name : "unknown";
  const detail = `Kinesis said ${name}: ${error instanceof Error ? error.message : String(error)}`;
  if (noPermission.has(name)) {
    return fatal("SPILLWAY_KINESIS_DENIED", `${doing}: not allowed. Grant the permissions that the documentation lists. ${detail}`, error);
  }
  if (keyUnusable.has(name)) {
    return fatal(
      "SPILLWAY_KINESIS_DENIED",
      `${doing}: the stream's encryption key cannot be used. Enable it, and allow kms:Decrypt. ${detail}`,
      error,
    );
  }
  if (name === "ResourceNotFoundException") {
    return fatal(
      "SPILLWAY_KINESIS_NOT_FOUND",
      `${doing}: it does not exist, or not any more. Check name, account and region. After a stream was deleted and made again, start a new consumer ` +
        `name: the old checkpoints mean nothing to it. ${detail}`,
      error,
    );
  }
  if (name === "InvalidArgumentException" || name === "ValidationException") {
    return fatal(
      "SPILLWAY_INVALID_OPTIONS",
      `${doing}: the request was refused. Check the options; a checkpoint of another stream of the same name is refused like this. ${detail}`,
      error,
    );
  }
  return new SpillwayError(`${doing} failed and is tried again. ${detail}`, { code: "SPILLWAY_KINESIS_FAILED", cause: error });
}

function fatal(
  code: "SPILLWAY_KINESIS_DENIED" | "SPILLWAY_KINESIS_NOT_FOUND" | "SPILLWAY_INVALID_OPTIONS",
  message: string,
  cause: unknown,
): SpillwayError {
  return new SpillwayError(message, { code, failureClass: "fatal", cause });
}
