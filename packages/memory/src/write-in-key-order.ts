import { SpillwayError, succeeded, type ItemResult, type OutgoingMessage } from "@spillway/spec";
import { keyText } from "./stored-message.ts";

/** Writes messages one by one and confirms each; after one failed, later ones of its key are not attempted, so that a key's order stands. */
export function writeInKeyOrder<T>(
  messages: readonly OutgoingMessage<T>[],
  write: (message: OutgoingMessage<T>) => void,
): readonly ItemResult[] {
  const failedKeys = new Set<string>();
  return messages.map((message) => {
    const key = keyText(message.key);
    if (key !== undefined && failedKeys.has(key)) return { ok: false, error: notAttempted(key) };
    try {
      write(message);
      return succeeded;
    } catch (error) {
      if (!(error instanceof SpillwayError)) throw error;
      if (key !== undefined) failedKeys.add(key);
      return { ok: false, error };
    }
  });
}

function notAttempted(key: string): SpillwayError {
  return new SpillwayError(
    `Not attempted: an earlier message of the key ${JSON.stringify(key)} failed in the same write. Write it again after that one.`,
    {
      code: "SPILLWAY_NOT_ATTEMPTED",
    },
  );
}
