import { deadLetterHeader, SpillwayError, type DeadLetterMetadata, type Message, type Original, type Payload } from "@spillway/spec";
import type { DeadLetter } from "./job-backend.ts";

/** Reads a message that a pipeline has written to its dead letters. */
export function deadLetterOf({ id, headers }: Message<Payload>, { key, payload }: Original): DeadLetter {
  const header = headers.find(([name]) => name === deadLetterHeader);
  if (header === undefined) {
    throw new SpillwayError(`Message ${id} is no dead letter: it has no header ${deadLetterHeader}. Who else writes to the dead letters?`, {
      code: "SPILLWAY_FORMAT",
      failureClass: "permanent",
    });
  }
  const [, value] = header;
  const metadata = JSON.parse(typeof value === "string" ? value : Buffer.from(value).toString()) as DeadLetterMetadata;
  return { metadata, key, payload, headers: headers.filter((each) => each !== header) };
}
