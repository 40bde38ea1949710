import type { OutgoingMessage, Payload } from "@spillway/spec";
import { murmur2 } from "../wire/murmur2.ts";

/** Chooses a message's partition, from 0; the keyless messages of one write go to one partition, so that they make one batch. */
export type ChoosePartition = (message: OutgoingMessage<Payload>, partitionCount: number, write: number) => number;

/** By the key's hash, as Kafka's own clients do; without a key, another partition for each write. */
export const byKey: ChoosePartition = ({ key }, partitionCount, write) => {
  if (key === undefined) return write % partitionCount;
  return (murmur2(typeof key === "string" ? Buffer.from(key) : key) & 0x7fff_ffff) % partitionCount;
};
