import type { PartitionId } from "@spillway/spec";
import type { Output } from "./output.ts";

/**
 * What the sinks of a pipeline were given and no transaction has stored yet, by the partition that it came from. How much that can be is bounded by how
 * far the engine runs ahead of its checkpoints.
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
  take(partition: PartitionId, isSettled: (offset: number) => boolean): readonly Output[];
}

/** The outputs of one partition, while it is held. */
export interface OutputPlace {
  /** Takes an output behind the earlier ones; false when the partition has been given up. */
  add(output: Output): boolean;
}

interface Gathered extends OutputPlace {
  outputs: Output[];
}

/** Makes an empty collection. */
export function gatheredOutputs(): GatheredOutputs {
  const places = new Map<PartitionId, Gathered>();
  return {
    open(partition) {
      const place: Gathered = {
        outputs: [],
        add(output) {
          if (places.get(partition) !== place) return false;
          place.outputs.push(output);
          return true;
        },
      };
      places.set(partition, place);
    },
    close(partition) {
      places.delete(partition);
    },
    place: (partition) => places.get(partition),
    take(partition, isSettled) {
      const place = places.get(partition);
      if (place === undefined) return [];
      const taken: Output[] = [];
      const left: Output[] = [];
      for (const output of place.outputs) (isSettled(output.offset) ? taken : left).push(output);
      place.outputs = left;
      return taken;
    },
  };
}
