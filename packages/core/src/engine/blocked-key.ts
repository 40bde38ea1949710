import { SpillwayError, type Source } from "@spillway/spec";
import type { Ordering } from "./ordering.ts";
import { refuse } from "./require.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** Whether a delivery must not be worked on, because an earlier message of its key is a dead letter. */
export function isBlocked({ feed, message }: TrackedDelivery): boolean {
  return feed.blockedKeys !== undefined && message.key !== undefined && feed.blockedKeys.has(message.key);
}

/** Why it was not worked on. */
export function blockedError(key: string | undefined): SpillwayError {
  return new SpillwayError(
    `an earlier message of key ${JSON.stringify(key)} is a dead letter, so this one follows it; redrive both in order, then clear the key`,
    {
      code: "SPILLWAY_KEY_BLOCKED",
      failureClass: "permanent",
    },
  );
}

/** Refuses a source whose blocked keys would mean nothing, or would be forgotten at the next start. */
export function requireBlockable(source: Source<unknown>, ordering: Ordering): void {
  const option = 'deadLetter\'s keys: "dead-letter-until-cleared"';
  if (ordering !== "key")
    refuse(`${option} needs ordering "key", but "${source.name}" is read with ordering "${ordering}"; leave keys out`);
  if (source.kind === "queue") refuse(`${option} needs checkpoints to keep the keys in, and "${source.name}" is a queue; use "skip-one"`);
  if ((source.coordination.checkpoints.maxNotes ?? 0) === 0)
    refuse(`${option} needs checkpoints that keep the keys, and those of "${source.name}" keep no notes; use "skip-one", or other stores`);
}
