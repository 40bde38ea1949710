import type { Disposition, FailureClass } from "./failure.ts";

/** The one header that holds a dead letter's metadata, as JSON in UTF-8. Writing a dead letter again replaces it. */
export const deadLetterHeader = "spillway-dead-letter";

/**
 * Why a message is a dead letter and where it came from: everything but the original key, payload and headers, which a dead letter carries
 * unchanged so that a redrive restores the message exactly. Version 1; a reader refuses a version it does not know.
 */
export interface DeadLetterMetadata {
  readonly v: 1;
  /** Stable over repeated dead-lettering and redrives of the same message. */
  readonly id: string;
  readonly pipeline: string;
  readonly pipelineVersion: string | undefined;
  readonly disposition: Disposition;
  /** The stage that failed, as explain() names it. */
  readonly stage: string;
  readonly error: {
    readonly name: string;
    /** At most 1,024 characters. */
    readonly message: string;
    readonly code: string | undefined;
    readonly class: FailureClass;
    /** At most 4,096 characters; left out first when the dead letter is too large for its sink. */
    readonly stack: string | undefined;
  };
  /** How often the failed stage was tried. */
  readonly attempts: number;
  /** Milliseconds since the Unix epoch. */
  readonly firstFailedAtMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly lastFailedAtMs: number;
  readonly source: {
    readonly kind: "log" | "queue";
    readonly name: string;
    /** The consumer group's name, where the source has one. */
    readonly consumer: string | undefined;
    readonly partition: string | undefined;
    readonly position: string | undefined;
    readonly key: string | undefined;
    /** Milliseconds since the Unix epoch. */
    readonly timestampMs: number;
  };
  /** How often this message has been redriven: 0 for the first dead letter. */
  readonly redriveCount: number;
  /** The message's W3C trace context, where it had one. */
  readonly traceparent: string | undefined;
}
