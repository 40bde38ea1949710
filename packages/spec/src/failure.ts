/** What a failure means, and so what the engine does with it; see docs/semantics.md. */
export type FailureClass =
  /** Throttling, network, a lock: it may pass by itself. Retried within attempts, age and budget. */
  | "transient"
  /** Too much at once. The unit is made smaller; a single message is retried as transient. */
  | "resource"
  /** Malformed or invalid: it can never work. Dead-lettered without a retry. */
  | "permanent"
  /** Wrong configuration, no permission, a bug in the engine. The pipeline stops and the message stays unsettled. */
  | "fatal";

/** How a delivered message ends; each ends in exactly one. */
export type Outcome =
  /** Every stage passed it. */
  | "succeeded"
  /** A filter turned it away, with a reason. */
  | "filtered"
  /** A sink confirmed that it holds the dead letter. */
  | "dead-lettered"
  /** The engine stopped, or lost the partition or the receipt, first. Counts no attempt; it will be delivered again. */
  | "aborted";

/** Why a message was dead-lettered. */
export type Disposition =
  /** Its payload could not be decoded. */
  | "decode"
  /** It failed with class permanent. */
  | "permanent"
  /** Its attempts ran out. */
  | "exhausted"
  /** It grew older than the policy's maxAgeMs. */
  | "expired"
  /** It was being attempted whenever the process died. */
  | "crashed"
  /** It is larger than a sink accepts. */
  | "oversize";
