import { SpillwayError, succeeded, type ItemResult, type OutgoingMessage } from "@spillway/spec";
import { keyText } from "./stored-message.ts";

/**
 * Writes messages one by one and confirms each. After one failed, later ones are not attempted, so that the order stands: those of its key, or with
 * order "write" all of them.
 */
export function writeInOrder<T>(
  messages: readonly OutgoingMessage<T>[],
  order: "write" | "key",
  write: (message: OutgoingMessage<T>) => void,
): readonly ItemResult[] {
  const failed = new Set<string | undefined>();
  return messages.map((message) => {
    const key = keyText(message.key);
    if (order === "write" ? failed.size > 0 : key !== undefined && failed.has(key)) return { ok: false, error: notAttempted(order, key) };
    try {
      write(message);
      return succeeded;
    } catch (error) {
      if (!(error instanceof SpillwayError)) throw error;
      failed.add(key);
      return { ok: false, error };
    }
  });
}

function notAttempted(order: "write" | "key", key: string | undefined): SpillwayError {
  const earlier = order === "write" ? "message" : `message of the key ${JSON.stringify(key)}`;
  return new SpillwayError(`Not attempted: an earlier ${earlier} failed in the same write. Write it again after that one.`, {
    code: "SPILLWAY_NOT_ATTEMPTED",
  });
}
