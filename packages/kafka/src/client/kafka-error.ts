import { SpillwayError, type ErrorCode, type FailureClass } from "@spillway/spec";

/** What a Kafka call failed with: Kafka's own name of the error beside Spillway's code and class. */
export class KafkaError extends SpillwayError {
  override readonly name: string = "KafkaError";
  /** Kafka's name of the error, such as NOT_LEADER_FOR_PARTITION; CONNECTION or TIMEOUT where no broker answered. */
  readonly type: string;

  constructor(
    message: string,
    options: { readonly type: string; readonly code: ErrorCode; readonly failureClass: FailureClass; readonly cause?: unknown },
  ) {
    super(message, options);
    this.type = options.type;
  }
}

interface Meaning {
  readonly code: ErrorCode;
  readonly failureClass: FailureClass;
  /** What to do, for errors that do not pass by themselves. */
  readonly advice?: string;
}

const permission: Meaning = {
  code: "SPILLWAY_KAFKA_PERMISSION",
  failureClass: "fatal",
  advice: "Give the client's principal the permission; docs/kafka.md lists what each part needs.",
};
const authentication: Meaning = {
  code: "SPILLWAY_KAFKA_AUTHENTICATION",
  failureClass: "fatal",
  advice: "Check the ssl and sasl options of the Kafka client.",
};
const group: Meaning = { code: "SPILLWAY_KAFKA_GROUP", failureClass: "transient" };
const oversize: Meaning = {
  code: "SPILLWAY_OVERSIZE",
  failureClass: "permanent",
  advice: "It is larger than the topic's max.message.bytes; raise that or make the message smaller.",
};
const options: Meaning = { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" };

const meanings: Readonly<Record<string, Meaning>> = {
  TOPIC_AUTHORIZATION_FAILED: permission,
  GROUP_AUTHORIZATION_FAILED: permission,
  CLUSTER_AUTHORIZATION_FAILED: permission,
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: permission,
  SASL_AUTHENTICATION_FAILED: authentication,
  UNSUPPORTED_SASL_MECHANISM: authentication,
  ILLEGAL_SASL_STATE: authentication,
  UNKNOWN_TOPIC_OR_PARTITION: {
    code: "SPILLWAY_KAFKA_TOPIC_MISSING",
    failureClass: "transient",
    advice: "Create the topic, or correct its name.",
  },
  UNKNOWN_TOPIC_ID: {
    code: "SPILLWAY_KAFKA_TOPIC_MISSING",
    failureClass: "transient",
    advice: "The topic was deleted, or made anew.",
  },
  INVALID_TOPIC_EXCEPTION: { ...options, advice: "Correct the topic's name." },
  MESSAGE_TOO_LARGE: oversize,
  RECORD_LIST_TOO_LARGE: oversize,
  INVALID_RECORD: {
    code: "SPILLWAY_KAFKA_INVALID_RECORD",
    failureClass: "permanent",
    advice: "The topic does not take it; a compacted topic needs a key on every message.",
  },
  ILLEGAL_GENERATION: group,
  UNKNOWN_MEMBER_ID: group,
  REBALANCE_IN_PROGRESS: group,
  INCONSISTENT_GROUP_PROTOCOL: {
    code: "SPILLWAY_CONFLICT",
    failureClass: "fatal",
    advice:
      "Another kind of consumer is in the group: stop it first, or use a group of your own. Offsets that it committed are taken over.",
  },
  INVALID_SESSION_TIMEOUT: { ...options, advice: "Choose a sessionTimeoutMs within the broker's group.min/max.session.timeout.ms." },
  INVALID_TRANSACTION_TIMEOUT: {
    ...options,
    advice: "Choose a timeoutMs of kafkaTransactions within the broker's transaction.max.timeout.ms.",
  },
  INVALID_GROUP_ID: { ...options, advice: "Give a groupId that is not empty." },
  UNSUPPORTED_VERSION: { ...options, advice: "Use Kafka 2.3 or newer." },
};

/** An error that a broker answered with. `retriable` is Kafka's own word on it. */
export function answered(type: string, doing: string, retriable: boolean): KafkaError {
  const { code, failureClass, advice } = meanings[type] ?? {
    code: "SPILLWAY_KAFKA_REFUSED",
    // Kafka's other final errors are as final for a message, but a later request may well succeed: attempts decide.
    failureClass: "transient",
  };
  const hint = advice ?? (retriable ? "It is tried again." : "See Kafka's documentation of this error.");
  return new KafkaError(`Kafka answered ${type} to ${doing}. ${hint}`, { type, code, failureClass });
}

/** What kafkajs threw, with the broker's answer or the broken connection that is behind it. */
export function thrown(error: unknown, doing: string): KafkaError {
  if (error instanceof KafkaError) return error;
  const { name, message, type, retriable, cause } = fieldsOf(error);
  if (name === "KafkaJSSASLAuthenticationError") {
    return new KafkaError(`Authentication failed while ${doing}: ${message}. ${authentication.advice}`, {
      ...authentication,
      type: "SASL_AUTHENTICATION_FAILED",
      cause: error,
    });
  }
  if (type !== undefined) return answered(type, doing, retriable);
  if (cause !== undefined && cause !== error && /^KafkaJS(NonRetriable|NumberOfRetries)/.test(name)) return thrown(cause, doing);
  return new KafkaError(`No broker answered while ${doing}: ${message}. It is tried again.`, {
    type: name === "KafkaJSRequestTimeoutError" ? "TIMEOUT" : "CONNECTION",
    code: "SPILLWAY_KAFKA_UNREACHABLE",
    failureClass: "transient",
    cause: error,
  });
}

interface Fields {
  readonly name: string;
  readonly message: string;
  readonly type: string | undefined;
  readonly retriable: boolean;
  readonly cause: unknown;
}

function fieldsOf(error: unknown): Fields {
  if (!(error instanceof Error)) return { name: "", message: String(error), type: undefined, retriable: false, cause: undefined };
  const { name, message, cause } = error;
  const type = "type" in error && typeof error.type === "string" ? error.type : undefined;
  return { name, message, type, retriable: "retriable" in error && error.retriable === true, cause };
}
