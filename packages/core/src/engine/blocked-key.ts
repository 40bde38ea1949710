import { SpillwayError } from "@spillway/spec";
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
