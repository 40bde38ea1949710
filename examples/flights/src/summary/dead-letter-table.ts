import type { DeadLetter } from "../backends/job-backend.ts";
import { recordNumber } from "../producer/record-number.ts";
import type { Terminal } from "../view/terminal.ts";
import { plainTable } from "./plain-table.ts";

const mostShown = 10;
const mostCharacters = 60;
const mostDigits = 12;
// What the disposition says already.
const decodePrefix = "the schema refuses the payload: ";

/** The first dead letters: where each came from, and why it is one. */
export function deadLetterTable(terminal: Terminal, letters: readonly DeadLetter[]): string {
  const rows = letters.slice(0, mostShown).map(({ metadata, headers }) => {
    const { name, partition, position = "" } = metadata.source;
    const reason = metadata.error.message.replace(decodePrefix, "");
    return [
      partition === undefined ? name : `${name}/${partition} at ${shortest(position)}`,
      String(recordNumber({ headers })),
      metadata.disposition,
      reason.length > mostCharacters ? `${reason.slice(0, mostCharacters - 1)}…` : reason,
    ];
  });
  return plainTable(terminal, ["from", "record", "disposition", "reason"], rows, [2, 3]);
}

/** A position of Kinesis has 56 digits, and only the last ones differ. */
function shortest(position: string): string {
  return position.length > mostDigits ? `…${position.slice(-mostDigits)}` : position;
}
