import { SpillwayError, type OutgoingMessage, type Payload } from "@spillway/spec";
import type { ChoosePartition } from "./choose-partition.ts";

/** The partition that was chosen for a message; an error where there is no such partition. */
export function partitionOf(
  choose: ChoosePartition,
  message: OutgoingMessage<Payload>,
  { topic, partitionCount, write }: { readonly topic: string; readonly partitionCount: number; readonly write: number },
): number | SpillwayError {
  const partition = choose(message, partitionCount, write);
  if (Number.isInteger(partition) && partition >= 0 && partition < partitionCount) return partition;
  return new SpillwayError(
    `The option "partition" chose ${partition}, but topic "${topic}" has ${partitionCount} partitions: choose a whole number from 0 up to that.`,
    { code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" },
  );
}
