import type { SQSClient } from "@aws-sdk/client-sqs";
import { SpillwayError, systemClock, type Clock } from "@spillway/spec";

/** What a source and a sink have in common. */
export interface SqsOptions {
  /** The caller's client: its credentials, region, endpoint and sockets are the caller's business, and so is destroying it. */
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** The name in events, errors and dead letters; the queue's own name where left out. */
  readonly name?: string;
  /** How long one call may take, its retries by the SDK included, in milliseconds; 10,000 where left out. A receive may take its wait longer; an extension has a sixth of the visibility at most. */
  readonly requestTimeoutMs?: number;
  /** How many calls to SQS one settlement or one write makes at a time; 8 where left out. */
  readonly maxConcurrentCalls?: number;
  /** The machine's own where left out. */
  readonly clock?: Clock;
}

/** The same with everything filled in. */
export interface CheckedOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly name: string;
  readonly requestTimeoutMs: number;
  readonly maxConcurrentCalls: number;
  readonly clock: Clock;
}

/** Fills in the defaults and throws SPILLWAY_INVALID_OPTIONS for what cannot work. */
export function checkOptions(options: SqsOptions, fifo: boolean): CheckedOptions {
  const queueName = queueNameOf(options.queueUrl);
  // SQS demands the suffix of FIFO queues and forbids it to others, so a wrong `fifo` shows before any call.
  if (queueName.endsWith(".fifo") !== fifo) {
    throw invalid(
      fifo
        ? `The queue "${queueName}" is not a FIFO queue (their names end in ".fifo"): leave out fifo: true.`
        : `The queue "${queueName}" is a FIFO queue: pass fifo: true, so that its message groups are kept in order.`,
    );
  }
  return {
    client: options.client,
    queueUrl: options.queueUrl,
    name: options.name ?? queueName,
    requestTimeoutMs: wholeNumber("requestTimeoutMs", options.requestTimeoutMs ?? 10_000, 1, 900_000),
    maxConcurrentCalls: wholeNumber("maxConcurrentCalls", options.maxConcurrentCalls ?? 8, 1, 1_000),
    clock: options.clock ?? systemClock,
  };
}

function queueNameOf(queueUrl: string): string {
  const name = URL.canParse(queueUrl) ? new URL(queueUrl).pathname.split("/").at(-1) : undefined;
  if (name === undefined || name === "")
    throw invalid(`queueUrl must be a queue's URL, such as https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, not "${queueUrl}".`);
  return name;
}

/** The value, if it is a whole number within the bounds; throws SPILLWAY_INVALID_OPTIONS otherwise. */
export function wholeNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(`${option} must be a whole number from ${least} to ${most}, not ${value}.`);
}

/** The value in seconds, if it is whole seconds in milliseconds within the bounds; throws SPILLWAY_INVALID_OPTIONS otherwise. */
export function wholeSeconds(option: string, valueMs: number, leastMs: number, mostMs: number): number {
  if (wholeNumber(option, valueMs, leastMs, mostMs) % 1_000 === 0) return valueMs / 1_000;
  throw invalid(`${option} must be whole seconds, in milliseconds: SQS counts in seconds. It is ${valueMs}.`);
}

/** An error of class fatal about an option. */
export function invalid(message: string): SpillwayError {
  return new SpillwayError(message, { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
}
