import { badFormat } from "../failures.ts";
import { keyOf, type Bounds } from "../storage/keys.ts";

/** A block is kept under the sequence of its last message, so that the first block from a key on is the one that holds the sequence. */
export function blockKey(logId: number, partition: number, lastSequence: number): Buffer {
  return keyOf("block", { u32: logId }, { u32: partition }, { u48: lastSequence });
}

/** The bounds of all blocks of a partition that hold a sequence or follow it. */
export function blocksFrom(logId: number, partition: number, sequence: number): Bounds {
  return { from: blockKey(logId, partition, sequence), until: keyOf("block", { u32: logId }, { u32: partition + 1 }) };
}

/** The sequence of the last message of the block under this key. */
export function lastSequenceOf(key: Buffer): number {
  return key.readUIntBE(key.length - 6, 6);
}

/** What is thrown where a block should be and none is. */
export function missingBlock(log: { readonly name: string }, partition: number, sequence: number): Error {
  return badFormat(
    `Message ${sequence} of partition ${partition} of the log "${log.name}" should be there and is not: the store is damaged. ` +
      `Restore the directory from a backup, or trim the log past it.`,
  );
}
