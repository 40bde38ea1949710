import { SpillwayError, type ErrorCode, type FailureClass } from "@spillway/spec";

/** The SQS calls of this adapter; each is also the name that its error messages use. */
export type SqsAction =
  | "ReceiveMessage"
  | "DeleteMessageBatch"
  | "ChangeMessageVisibilityBatch"
  | "SendMessageBatch"
  | "GetQueueAttributes";

interface Meaning {
  readonly code: ErrorCode;
  readonly failureClass: FailureClass;
  readonly advice: string;
}

const missingQueue: Meaning = {
  code: "SPILLWAY_SQS_QUEUE_MISSING",
  failureClass: "fatal",
  advice: "There is no such queue: check queueUrl, and that the client's region and account are the queue's.",
};
const accessDenied: Meaning = {
  code: "SPILLWAY_SQS_ACCESS_DENIED",
  failureClass: "fatal",
  advice:
    "Allow this action to the client's identity (docs/sqs.md lists the permissions), and its key to KMS where the queue is encrypted.",
};
const credentials: Meaning = {
  code: "SPILLWAY_SQS_CREDENTIALS",
  failureClass: "fatal",
  advice: "The client's credentials are missing or wrong: check how the client was made.",
};
const misuse: Meaning = {
  code: "SPILLWAY_SQS_MISUSE",
  failureClass: "fatal",
  advice: "The queue does not accept such a request: check the options against the queue's settings (describeQueue shows them).",
};
const keyProblem: Meaning = {
  code: "SPILLWAY_SQS_KEY_UNUSABLE",
  failureClass: "fatal",
  advice: "The queue's KMS key cannot be used: check that it exists, is enabled, and that its policy lets this identity use it.",
};
const throttled: Meaning = {
  code: "SPILLWAY_SQS_THROTTLED",
  failureClass: "transient",
  advice: "SQS asks for fewer calls; it is tried again.",
};
const tooManyInFlight: Meaning = {
  code: "SPILLWAY_SQS_IN_FLIGHT_LIMIT",
  failureClass: "transient",
  advice: "About 120,000 messages of this queue are in flight, SQS's limit; receiving goes on once some are settled.",
};
const expiredCredentials: Meaning = {
  code: "SPILLWAY_SQS_CREDENTIALS",
  failureClass: "transient",
  advice: "The client's credentials have expired; it is tried again, for a client that renews them.",
};
const unavailable: Meaning = { code: "SPILLWAY_SQS_UNAVAILABLE", failureClass: "transient", advice: "It is tried again." };

// Names as SQS, its gateway and the SDK write them, without their namespaces.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html and each action's list.
const meanings: ReadonlyMap<string, Meaning> = new Map([
  ["QueueDoesNotExist", missingQueue],
  ["NonExistentQueue", missingQueue],
  ["QueueDeletedRecently", missingQueue],
  ["InvalidAddress", missingQueue],
  ["AccessDenied", accessDenied],
  ["AccessDeniedException", accessDenied],
  ["NotAuthorized", accessDenied],
  ["KmsAccessDenied", accessDenied],
  ["OptInRequired", accessDenied],
  ["InvalidClientTokenId", credentials],
  ["UnrecognizedClientException", credentials],
  ["SignatureDoesNotMatch", credentials],
  ["InvalidSignatureException", credentials],
  ["IncompleteSignature", credentials],
  ["MissingAuthenticationToken", credentials],
  ["InvalidSecurity", credentials],
  ["CredentialsProviderError", credentials],
  ["ExpiredToken", expiredCredentials],
  ["ExpiredTokenException", expiredCredentials],
  ["UnsupportedOperation", misuse],
  ["MissingParameter", misuse],
  ["InvalidAttributeName", misuse],
  ["KmsDisabled", keyProblem],
  ["KmsInvalidKeyUsage", keyProblem],
  ["KmsInvalidState", keyProblem],
  ["KmsNotFound", keyProblem],
  ["KmsOptInRequired", keyProblem],
  ["KmsThrottled", throttled],
  ["RequestThrottled", throttled],
  ["ThrottlingException", throttled],
  ["Throttling", throttled],
  ["TooManyRequestsException", throttled],
  ["RequestLimitExceeded", throttled],
  ["OverLimit", tooManyInFlight],
]);

/** What a name that SQS gives an error means to the engine; undefined for names that this adapter does not know. */
export function meaningOf(name: string): Meaning | undefined {
  return meanings.get(bareName(name));
}

/** An error's name without the namespaces that SQS and its gateway put before it. */
export function bareName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf("#")) + 1);
}

/** Makes an error of the SDK ours: with a class that the engine acts on, and with what to do. */
export function sqsError(error: unknown, action: SqsAction, queueUrl: string): SpillwayError {
  if (error instanceof SpillwayError) return error;
  const name = error instanceof Error ? error.name : "Error";
  const meaning = meaningOf(name) ?? meaningOfStatus(statusOf(error)) ?? unavailable;
  const text = error instanceof Error ? error.message : String(error);
  return new SpillwayError(`${action} on ${queueUrl} failed: ${bareName(name)}: ${text} ${meaning.advice}`, { ...meaning, cause: error });
}

function meaningOfStatus(status: number | undefined): Meaning | undefined {
  if (status === 401 || status === 403) return accessDenied;
  return status === 429 ? throttled : undefined;
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
