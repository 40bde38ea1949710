import { onAbort, type CallOptions, type PartitionId } from "@spillway/spec";
import type { Output } from "./output.ts";

/**
 * What the sinks of a pipeline were given and no transaction has stored yet, by the partition that it came from. How many that can be is bounded by how
 * far the engine runs ahead of its checkpoints, how much by `room`.
 */
export interface GatheredOutputs {
  /** A partition has come to be held. */
  open(partition: PartitionId): void;
  /** Forgets a partition that is held no more: what it left is made again from its messages, which are delivered again. */
  close(partition: PartitionId): void;
  /**
   * Where the outputs of a partition are gathered as long as it is held this time; undefined while it is not. Asked for when a write begins, so that one
   * that takes long adds nothing to what is gathered when the partition is held again.
   */
  place(partition: PartitionId): OutputPlace | undefined;
  /** Takes out what belongs to the messages of these offsets, in the order in which it came. */
  take(partition: PartitionId, isSettled: (offset: number) => boolean): TakenOutputs;
  /**
   * Resolves when the bound is not reached, or when the signal aborts. Only readers wait for it: a write that waited would keep its message from being
   * settled, and only what is settled makes room.
   */
  room(options: CallOptions): Promise<void>;
}

/** The outputs of one partition, while it is held. */
export interface OutputPlace {
  /** Takes an output behind the earlier ones; false when the partition has been given up. */
  add(output: Output): boolean;
}

/** What a transaction stores. */
export interface TakenOutputs {
  readonly outputs: readonly Output[];
  /** It is stored, or never will be: until then it takes up room. */
  release(): void;
}

interface Gathered extends OutputPlace {
  outputs: Output[];
  bytes: number;
}

/** Makes an empty collection; readers wait while there are this many bytes in it, of all partitions together. */
export function gatheredOutputs(maxBytes: number): GatheredOutputs {
  const places = new Map<PartitionId, Gathered>();
  const waiting = new Set<() => void>();
  let bytes = 0;

  function free(some: number): void {
    bytes -= some;
    if (bytes < maxBytes) for (const go of waiting) go();
  }

  return {
    open(partition) {
      const place: Gathered = {
        outputs: [],
        bytes: 0,
        add(output) {
          if (places.get(partition) !== place) return false;
          place.outputs.push(output);
          place.bytes += output.bytes;
          bytes += output.bytes;
          return true;
        },
      };
      places.set(partition, place);
    },
    close(partition) {
      const place = places.get(partition);
      places.delete(partition);
      if (place !== undefined) free(place.bytes);
    },
    place: (partition) => places.get(partition),
    take(partition, isSettled) {
      const place = places.get(partition);
      if (place === undefined) return { outputs: [], release: () => undefined };
      const taken: Output[] = [];
      const left: Output[] = [];
      for (const output of place.outputs) (isSettled(output.offset) ? taken : left).push(output);
      const takenBytes = taken.reduce((sum, output) => sum + output.bytes, 0);
      place.outputs = left;
      place.bytes -= takenBytes;
      return { outputs: taken, release: () => free(takenBytes) };
    },
    async room({ signal }) {
      while (bytes >= maxBytes && !signal.aborted) await change(signal);
    },
  };

  function change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        waiting.delete(go);
        cancel();
        resolve();
      };
      const cancel = onAbort(signal, go);
      waiting.add(go);
    });
  }
}
