import { deadLetterHeader, type DeadLetterMetadata, type Headers, type PartitionId, type Payload, type Position } from "@spillway/spec";
import { badFormat } from "./failures.ts";
import { LocalLogMessage } from "./log/local-log-message.ts";
import { requireLog } from "./log/log-definition.ts";
import { partitionId, positionOf } from "./log/positions.ts";
import { readBatch } from "./log/read-batch.ts";
import { requireNamed, type LocalStore } from "./open-local.ts";

/** Names a log of dead letters. */
export interface ReadDeadLettersOptions {
  readonly store: LocalStore;
  /** A log that a pipeline's deadLetter(localSink(...)) wrote to. */
  readonly log: string;
}

/** One dead letter: why it is one, and the message as it arrived. */
export interface StoredDeadLetter {
  readonly metadata: DeadLetterMetadata;
  /** The original key, as it was given. */
  readonly key: string | Uint8Array | undefined;
  /** The original payload. */
  readonly payload: Payload;
  /** The original headers. */
  readonly headers: Headers;
  /** Where the dead letter itself is. */
  readonly partition: PartitionId;
  readonly position: Position;
}

/**
 * Reads the dead letters that a log holds now, partition by partition, and ends. Throws SPILLWAY_FORMAT at a message that is not a dead letter, or
 * one of a newer version.
 */
export async function* readDeadLetters(options: ReadDeadLettersOptions): AsyncIterable<StoredDeadLetter> {
  const access = requireNamed("readDeadLetters", options, "log", []);
  const log = await access.read((database) => requireLog(database, options.log));
  for (let partition = 0; partition < log.partitions; partition += 1) {
    for (let next: number | undefined; ; ) {
      const from = next ?? ({ at: "earliest" } as const);
      const { batch, nextSequence } = await access.read((database) => readBatch(database, log, partition, from));
      if (batch.messages.length === 0) break;
      next = nextSequence;
      for (const [index, message] of batch.messages.entries()) {
        const sequence = nextSequence - batch.messages.length + index;
        if (message instanceof LocalLogMessage) yield parse(message, log.name, partitionId(partition), positionOf(sequence));
      }
    }
  }
}

function parse(message: LocalLogMessage, log: string, partition: PartitionId, position: Position): StoredDeadLetter {
  const header = message.headers.findLast(([name]) => name === deadLetterHeader);
  const place = `Message ${position} of partition ${partition} of the log "${log}"`;
  if (header === undefined)
    throw badFormat(`${place} is not a dead letter: it has no header ${deadLetterHeader}. Read the log with localSource().`);
  const metadata = metadataIn(header[1]);
  if (metadata === undefined) throw badFormat(`The metadata of ${place} is damaged or of a newer version. Upgrade @spillway/local.`);
  const { key, payload } = message.original;
  const headers = message.headers.filter(([name]) => name !== deadLetterHeader);
  return { metadata, key, payload, headers, partition, position };
}

function metadataIn(value: string | Uint8Array): DeadLetterMetadata | undefined {
  try {
    const parsed: unknown = JSON.parse(typeof value === "string" ? value : Buffer.from(value).toString());
    const known = typeof parsed === "object" && parsed !== null && "v" in parsed && parsed.v === 1;
    return known ? (parsed as DeadLetterMetadata) : undefined;
  } catch {
    return undefined;
  }
}
