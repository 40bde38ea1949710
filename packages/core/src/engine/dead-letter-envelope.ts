import {
  deadLetterHeader,
  hasCode,
  type DeadLetterMetadata,
  type Disposition,
  type Header,
  type OutgoingMessage,
  type Payload,
} from "@spillway/spec";
import type { Failure } from "./mark.ts";
import type { Run } from "./run-context.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { sayError } from "./say-error.ts";

const maxMessageCharacters = 1_024;
const maxStackCharacters = 4_096;

/** The dead letter of a failed delivery: the original key, payload and headers, and one header that says why, in place of an older one. */
export function deadLetterOf(delivery: TrackedDelivery, failure: Failure, run: Run, withStack: boolean): OutgoingMessage<Payload> {
  const { message, feed } = delivery;
  const { key, payload } = feed.original(message);
  const metadata = metadataOf(delivery, failure, run, withStack);
  const header: Header = [deadLetterHeader, JSON.stringify(metadata)];
  return {
    key,
    value: payload,
    headers: [...message.headers.filter(([name]) => name !== deadLetterHeader), header],
    id: writeId(metadata),
    sourceMessage: feed.sourceMessage(delivery),
  };
}

/** What a sink that deduplicates goes by: a message that was redriven and failed again is another dead letter, under the same id of its own. */
function writeId({ id, redriveCount }: DeadLetterMetadata): string {
  return redriveCount === 0 ? id : `${id}#redrive-${redriveCount}`;
}

/** Why a failed delivery is dead-lettered. */
export function dispositionOf(failure: Failure): Disposition {
  if (hasCode(failure.error, "SPILLWAY_OVERSIZE")) return "oversize";
  return failure.disposition ?? (failure.failureClass === "permanent" ? "permanent" : "exhausted");
}

function metadataOf(delivery: TrackedDelivery, failure: Failure, run: Run, withStack: boolean): DeadLetterMetadata {
  const { message, feed } = delivery;
  const { origin } = feed;
  const earlier = earlierMetadata(delivery);
  return {
    v: 1,
    id: earlier?.id ?? message.id,
    pipeline: run.settings.name,
    pipelineVersion: run.settings.version,
    disposition: dispositionOf(failure),
    stage: failure.stage.name,
    error: describeError(failure, withStack),
    attempts: failure.attempts,
    firstFailedAtMs: failure.firstFailedAtMs,
    lastFailedAtMs: failure.lastFailedAtMs,
    source: {
      kind: origin.kind,
      name: origin.source,
      consumer: origin.consumer,
      partition: origin.partition,
      position: "position" in message && typeof message.position === "string" ? message.position : undefined,
      key: message.key,
      timestampMs: message.timestampMs,
    },
    redriveCount: earlier === undefined ? 0 : earlier.redriveCount + 1,
    traceparent: textHeader(delivery, "traceparent"),
  };
}

function describeError(failure: Failure, withStack: boolean): DeadLetterMetadata["error"] {
  const { error, failureClass } = failure;
  const code = typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : undefined;
  const known = error instanceof Error;
  return {
    name: known ? error.name : typeof error,
    message: sayError(error).slice(0, maxMessageCharacters),
    code,
    class: failureClass ?? "transient",
    stack: known && withStack ? error.stack?.slice(0, maxStackCharacters) : undefined,
  };
}

/** What an earlier dead letter of the same message said, when the message has been redriven. */
function earlierMetadata(delivery: TrackedDelivery): Pick<DeadLetterMetadata, "id" | "redriveCount"> | undefined {
  const source = textHeader(delivery, deadLetterHeader);
  if (source === undefined) return undefined;
  try {
    const earlier: unknown = JSON.parse(source);
    if (typeof earlier !== "object" || earlier === null) return undefined;
    if (!("id" in earlier) || typeof earlier.id !== "string") return undefined;
    if (!("redriveCount" in earlier) || typeof earlier.redriveCount !== "number") return undefined;
    return { id: earlier.id, redriveCount: earlier.redriveCount };
  } catch {
    // Somebody else's header of the same name: it is replaced, and this counts as the first dead letter.
    return undefined;
  }
}

function textHeader(delivery: TrackedDelivery, name: string): string | undefined {
  const value = delivery.message.headers.findLast((header) => header[0] === name)?.[1];
  return value === undefined || typeof value === "string" ? value : Buffer.from(value).toString("utf8");
}
