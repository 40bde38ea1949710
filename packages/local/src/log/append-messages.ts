import { SpillwayError, type OutgoingMessage, type PartitionId, type Payload, type Position } from "@spillway/spec";
import { invalidOptions } from "../failures.ts";
import type { StoreAccess } from "../open-local.ts";
import { refusalOf } from "../record/check-outgoing.ts";
import { keyText } from "../record/key-text.ts";
import { appendBlocks } from "./append.ts";
import { prepareBlocks } from "./block.ts";
import { requireLog, type StoredLog } from "./log-definition.ts";
import { partitionOfKey } from "./partition-of-key.ts";
import { partitionId, positionOf } from "./positions.ts";
import { topicOf } from "./topic.ts";

/** What became of one message of an append. */
export type Appended =
  | { readonly ok: true; readonly partition: PartitionId; readonly position: Position }
  | { readonly ok: false; readonly error: SpillwayError };

/** Appends messages to a log. */
export type Append = (
  messages: readonly OutgoingMessage<Payload>[],
  options: { readonly partition?: number | undefined; readonly signal?: AbortSignal | undefined },
) => Promise<readonly Appended[]>;

// They are encoded, and written in one transaction, at once.
const maxAppendMessages = 10_000;

// Messages without a key stay in one partition for so many, so that they fill blocks, and then go to the next.
const keylessRun = 64;

/** Makes the function that appends to one log. */
export function appender(access: StoreAccess, name: string): Append {
  // The number of partitions never changes, so it is looked up once.
  let known: StoredLog | undefined;
  let keyless = Math.floor(access.clock.random() * keylessRun * 1_024);

  function partitionFor(message: OutgoingMessage<Payload>, log: StoredLog): number {
    if (message.key !== undefined) return partitionOfKey(message.key, log.partitions);
    keyless += 1;
    return Math.floor(keyless / keylessRun) % log.partitions;
  }

  return async (messages, { partition: fixed, signal }) => {
    if (messages.length > maxAppendMessages) {
      throw invalidOptions(`An append takes at most ${maxAppendMessages} messages, not ${messages.length}; append in several calls.`);
    }
    known ??= await access.read((database) => requireLog(database, name), signal);
    const log = known;
    const results: (Appended | undefined)[] = refusalsOf(messages);
    const shares = new Map<number, Share>();
    for (const [index, message] of messages.entries()) {
      if (results[index] !== undefined) continue;
      const partition = fixed ?? partitionFor(message, log);
      const share = shares.get(partition) ?? { partition, indexes: [], messages: [] };
      shares.set(partition, share);
      share.indexes.push(index);
      share.messages.push(message);
    }
    if (shares.size > 0) await appendShares(access, log, [...shares.values()], results, signal);
    return results as Appended[];
  };
}

/** What one partition gets of an append. */
interface Share {
  readonly partition: number;
  readonly indexes: number[];
  readonly messages: OutgoingMessage<Payload>[];
}

async function appendShares(
  access: StoreAccess,
  log: StoredLog,
  shares: readonly Share[],
  results: (Appended | undefined)[],
  signal: AbortSignal | undefined,
): Promise<void> {
  // Encoded before the transaction, which keeps other writers waiting.
  const prepared = shares.map(({ partition, messages }) => ({ partition, blocks: prepareBlocks(messages) }));
  const firsts = await access.write((database) => {
    // Read again: its retention may have been changed.
    const current = requireLog(database, log.name);
    const nowMs = access.clock.nowMs();
    return prepared.map(({ partition, blocks }) => appendBlocks(database, current, partition, blocks, nowMs));
  }, signal);
  for (const [which, { partition, indexes }] of shares.entries()) {
    const first = firsts[which] ?? 0;
    const id = partitionId(partition);
    for (const [offset, index] of indexes.entries()) results[index] = { ok: true, partition: id, position: positionOf(first + offset) };
    access.changes.notify(topicOf(log, partition));
  }
}

/** A result for each message that will not be appended, and nothing for the others. */
function refusalsOf(messages: readonly OutgoingMessage<Payload>[]): (Appended | undefined)[] {
  const refusedKeys = new Set<string>();
  return messages.map((message) => {
    const key = message.key;
    const late = key !== undefined && refusedKeys.size > 0 && refusedKeys.has(keyText(key));
    const error = refusalOf(message) ?? (late ? notAttempted() : undefined);
    if (error === undefined) return undefined;
    if (key !== undefined) refusedKeys.add(keyText(key));
    return { ok: false, error };
  });
}

function notAttempted(): SpillwayError {
  return new SpillwayError("An earlier message with the same key was refused in this write. Settle that one, then write this one again.", {
    code: "SPILLWAY_NOT_ATTEMPTED",
  });
}
