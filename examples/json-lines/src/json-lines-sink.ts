import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type ItemResult,
  type OutgoingMessage,
  type PartitionId,
  type Payload,
  type Sink,
  SpillwayError,
  succeeded,
  systemClock,
} from "@spillway/spec";
import { listFiles, maxLineBytes, wholeEnd, withFile } from "./line-file.ts";
import { formatLine, keyText } from "./line.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * Appends to a directory of JSON-lines files. One process at a time may write to a directory. A log keeps the files that it was made with: their number decides
 * which file a key goes to.
 */
export function jsonLinesSink({ directory }: { readonly directory: string }): Sink<Payload> {
  let last: Promise<unknown> = Promise.resolve();
  let keyless = 0;

  return {
    name: directory,
    traits: { maxBatchSize: 1_000, order: "key" },
    write(messages, { signal }) {
      // Writes follow one another: two at once would mix their lines. Each caller hears of its own failure.
      const turn = last.then(() => append(messages, signal));
      last = turn.catch(() => undefined);
      return untilAborted(turn, signal);
    },
  };

  async function append(messages: readonly OutgoingMessage<Payload>[], signal: AbortSignal): Promise<readonly ItemResult[]> {
    signal.throwIfAborted();
    const files = await listFiles(directory);
    const batches = new Map<PartitionId, Buffer[]>();
    const failed = new Set<string | undefined>();
    const results = messages.map((message): ItemResult => {
      const line = formatLine(message, systemClock.nowMs());
      const file = fileOf(message.key, files);
      const key = keyText(message.key);
      if (key !== undefined && failed.has(key)) return { ok: false, error: notAttempted() };
      if (line.byteLength > maxLineBytes) {
        failed.add(key);
        return { ok: false, error: oversize(line.byteLength) };
      }
      const batch = batches.get(file) ?? [];
      batch.push(line);
      batches.set(file, batch);
      return succeeded;
    });
    for (const [partition, lines] of batches) await appendTo(partition, Buffer.concat(lines));
    return results;
  }

  function appendTo(partition: PartitionId, bytes: Buffer): Promise<void> {
    return withFile(join(directory, partition), "r+", async (file) => {
      // A line that a crash has torn was never confirmed; left there, the next one would be part of it.
      const end = await wholeEnd(file);
      await file.truncate(end);
      for (let done = 0; done < bytes.byteLength; ) done += (await file.write(bytes, done, undefined, end + done)).bytesWritten;
      await file.datasync();
    });
  }

  function fileOf(key: string | Uint8Array | undefined, files: readonly PartitionId[]): PartitionId {
    const place = key === undefined ? (keyless += 1) : createHash("sha256").update(key).digest().readUInt32BE();
    return files[place % files.length] as PartitionId;
  }
}

function oversize(byteLength: number): SpillwayError {
  return new SpillwayError(`A line of ${byteLength} bytes is above the limit of ${maxLineBytes} bytes; it can never be stored.`, {
    code: "SPILLWAY_OVERSIZE",
    failureClass: "permanent",
  });
}

function notAttempted(): SpillwayError {
  return new SpillwayError("Not attempted: an earlier message of the key failed in the same write. Write it again after that one.", {
    code: "SPILLWAY_NOT_ATTEMPTED",
  });
}
