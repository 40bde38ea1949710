import { SpillwayError } from "@spillway/spec";

/** What went wrong with single messages while the others of the same answer were fine. */
export interface Trouble {
  /** Remembers an error until the next raise; of many the first is kept and the others are counted. */
  note(error: SpillwayError): void;
  /** Throws what has been noted since the last time; does nothing if that is nothing. */
  raise(): void;
}

/** Keeps one error for the engine, which learns of it from the next receive: a message left in the queue is never left silently. */
export function createTrouble(): Trouble {
  let first: SpillwayError | undefined;
  let others = 0;
  return {
    note(error) {
      if (first === undefined) first = error;
      else others += 1;
    },
    raise() {
      if (first === undefined) return;
      const { message, code, failureClass } = first;
      const error = new SpillwayError(others === 0 ? message : `${message} (and ${others} more like it)`, {
        code,
        failureClass,
        cause: first,
      });
      first = undefined;
      others = 0;
      throw error;
    },
  };
}
