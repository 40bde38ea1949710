import { type OutgoingMessage, type Payload, SpillwayError } from "@spillway/spec";
import { parseHashKey } from "./hash-key.ts";
import { nameOf, type KinesisStream } from "./kinesis-stream.ts";
import { toEntry, type PutEntry } from "./put-entry.ts";

/** Gives the hash key that decides about a message's shard, in decimal; undefined leaves it to the partition key. */
export type ExplicitHashKey = (message: OutgoingMessage<Payload>) => string | undefined;

/** A message as an entry; with the error of one whose place is none. */
export interface PlacedEntry {
  readonly entry: PutEntry;
  readonly error: SpillwayError | undefined;
}

/** A message as an entry, placed where its caller asks. */
export function placedEntry(
  message: OutgoingMessage<Payload>,
  index: number,
  { explicitHashKey, stream }: { readonly explicitHashKey: ExplicitHashKey | undefined; readonly stream: KinesisStream },
): PlacedEntry {
  const unplaced = (what: string, cause?: unknown): PlacedEntry => ({
    entry: toEntry(message, index),
    error: new SpillwayError(
      `The explicitHashKey function of the sink for stream ${nameOf(stream)} ${what}. Give a whole number from 0 to 2^128 - 1 in decimal, as text, or undefined.`,
      { code: "SPILLWAY_KINESIS_HASH_KEY", failureClass: "permanent", cause },
    ),
  });
  try {
    const asked = explicitHashKey?.(message);
    const hashKey = parseHashKey(asked);
    if (asked !== undefined && hashKey === undefined) return unplaced(`gave ${asked}`);
    return { entry: toEntry(message, index, hashKey), error: undefined };
  } catch (cause) {
    return unplaced(`threw: ${String(cause)}`, cause);
  }
}
