import { SpillwayError, type Payload } from "@spillway/spec";

/** The bytes of a payload; a tombstone is refused as what it is. */
export function bytesOf(payload: Payload, format: string): Uint8Array {
  if (payload !== null) return payload;
  throw new SpillwayError(
    `the message is a tombstone: it has no payload to decode as ${format}; wrap the codec in orTombstone() to get null, or dead-letter it`,
    { code: "SPILLWAY_TOMBSTONE", failureClass: "permanent" },
  );
}

/** Refuses a payload that can never be decoded. */
export function undecodable(message: string, cause?: unknown): SpillwayError {
  return new SpillwayError(message, {
    code: "SPILLWAY_DECODE_FAILED",
    failureClass: "permanent",
    ...(cause === undefined ? {} : { cause }),
  });
}
