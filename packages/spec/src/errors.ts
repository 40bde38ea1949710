import type { FailureClass } from "./failure.ts";

/** The stable codes of errors that the engine itself acts on. An adapter may use further codes of its own with the same prefix. */
export type ErrorCode =
  /** An option, a composition or an environment that cannot work; the message says which and what to do. */
  | "SPILLWAY_INVALID_OPTIONS"
  /** The lease, assignment or fencing token is not ours any more: the partition's messages are aborted, nothing is saved. */
  | "SPILLWAY_LEASE_LOST"
  /** The receipt is worthless: the queue has given the message to somebody else, or will. The message is aborted. */
  | "SPILLWAY_RECEIPT_LOST"
  /** The payload is not what the decoder expects. */
  | "SPILLWAY_DECODE_FAILED"
  /** A message has no payload (a tombstone) where the decoder needs one. */
  | "SPILLWAY_TOMBSTONE"
  /** A message is larger than the provider accepts; a dead letter is tried again without its stack. */
  | "SPILLWAY_OVERSIZE"
  /** An earlier item with the same key failed in the same write, so this one was not attempted: it costs no attempt. */
  | "SPILLWAY_NOT_ATTEMPTED"
  /** A handler did not settle within timeoutMs. */
  | "SPILLWAY_HANDLER_TIMEOUT"
  /** A batch call returned another number of results than it was given items: what became of them is unknown. */
  | "SPILLWAY_RESULT_MISMATCH"
  /** A saved checkpoint, lease or file is damaged, or of a format version that this code does not know. */
  | "SPILLWAY_FORMAT"
  /** A store's directory or table cannot be used: missing, no permission, full. */
  | "SPILLWAY_STORE_UNAVAILABLE"
  /** The operation was refused because of what is going on now, such as rewinding a consumer that runs. */
  | "SPILLWAY_CONFLICT"
  /** The engine met a state that its own rules exclude: please report it. */
  | "SPILLWAY_INTERNAL"
  | `SPILLWAY_${string}`;

/** How an error is made: its meaning beside its message. */
export interface SpillwayErrorOptions {
  readonly code: ErrorCode;
  /** What the engine does about it; "transient" where nothing is said. */
  readonly failureClass?: FailureClass;
  readonly cause?: unknown;
}

/**
 * The one base of every error that Spillway and its adapters throw. The message says what happened and what to do. Test `code`, not
 * `instanceof`: two copies of a package may be installed.
 */
export class SpillwayError extends Error {
  override readonly name: string = "SpillwayError";
  /** Stable over releases. */
  readonly code: ErrorCode;
  readonly failureClass: FailureClass;

  constructor(message: string, options: SpillwayErrorOptions) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = options.code;
    this.failureClass = options.failureClass ?? "transient";
  }

  /** Whether the same call may succeed later without a change. */
  get retryable(): boolean {
    return this.failureClass === "transient" || this.failureClass === "resource";
  }
}

/** Whether a thrown value carries this code; safe for any value, also from another copy of this package. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}

/** The class that an error gives itself, or undefined for errors that are not Spillway's. */
export function failureClassOf(error: unknown): FailureClass | undefined {
  if (typeof error !== "object" || error === null || !("failureClass" in error)) return undefined;
  const value = error.failureClass;
  return value === "transient" || value === "resource" || value === "permanent" || value === "fatal" ? value : undefined;
}
