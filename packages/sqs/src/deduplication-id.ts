import { randomUUID } from "node:crypto";
import { deadLetterHeader, type OutgoingMessage, type Payload } from "@spillway/spec";
import { sqsId } from "./key.ts";

/**
 * The deduplication id of a message: its own, or a random one where it has none. A dead letter keeps its id over redrives, and SQS silently drops what
 * carries an id of the last five minutes; so the redrive count is part of it, or a message that is redriven and fails again would be lost.
 */
export function deduplicationId({ id, headers = [] }: OutgoingMessage<Payload>): string {
  if (id === undefined) return randomUUID();
  const metadata = headers.findLast(([name]) => name === deadLetterHeader)?.[1];
  return sqsId(metadata === undefined ? id : `${id}/redrive-${redriveCount(metadata)}`);
}

function redriveCount(metadata: string | Uint8Array): string {
  const text = typeof metadata === "string" ? metadata : new TextDecoder().decode(metadata);
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "redriveCount" in value ? String(value.redriveCount) : "unknown";
  } catch {
    return "unknown"; // Somebody else's header of this name: equal ones are still the same message.
  }
}
