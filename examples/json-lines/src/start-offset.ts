import type { FileHandle } from "node:fs/promises";
import { type Position, SpillwayError, type StartPosition } from "@spillway/spec";
import { isLineEnd, readLines, wholeEnd } from "./line-file.ts";
import { parseLine } from "./line.ts";

/** A message's position is the offset at which its line ends, where the next one begins. */
export function positionOf(end: number): Position {
  return String(end) as Position;
}

/** Resolves to the offset at which a reading from `from` begins. */
export async function startOffset(file: FileHandle, from: StartPosition, signal: AbortSignal): Promise<number> {
  switch (from.at) {
    case "earliest":
      return 0;
    case "latest":
      return wholeEnd(file);
    case "after": {
      const offset = Number(from.position);
      if (Number.isSafeInteger(offset) && (await isLineEnd(file, offset))) return offset;
      throw new SpillwayError(
        `No line ends at the position ${JSON.stringify(from.position)}: the checkpoint belongs to another log. Give the consumer another name, or rewind it.`,
        { code: "SPILLWAY_FORMAT", failureClass: "fatal" },
      );
    }
    case "timestamp": {
      let offset = 0;
      for (let lines = await readLines(file, 0); lines.length > 0; lines = await readLines(file, offset)) {
        signal.throwIfAborted();
        for (const { text, end } of lines) {
          if (parseLine(text).timestampMs >= from.timestampMs) return offset;
          offset = end;
        }
      }
      return offset;
    }
  }
}
