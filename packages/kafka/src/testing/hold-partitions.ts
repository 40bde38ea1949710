import type { CheckpointStore, Lease, StartPosition } from "@spillway/spec";
import type { KafkaSource } from "../kafka-source.ts";

/** A member that has its partitions and does nothing with them. */
export interface Holder {
  readonly leases: readonly [Lease, ...Lease[]];
  readonly checkpoints: CheckpointStore;
  /** The next lease; rejects when the source cannot go on. */
  next(): Promise<Lease | undefined>;
  /** Gives everything back and leaves. */
  leave(): Promise<void>;
}

const calls = { signal: new AbortController().signal };

/** Joins the source's group and waits for this many partitions. */
export async function holdPartitions(
  { coordination }: KafkaSource,
  count: number,
  start: StartPosition = { at: "earliest" },
): Promise<Holder> {
  if (coordination.by !== "provider") throw new Error("A Kafka source is shared out by Kafka.");
  const stop = new AbortController();
  const iterator = coordination.assigner.leases({ start, signal: stop.signal })[Symbol.asyncIterator]();
  const leases: Lease[] = [];
  while (leases.length < count) {
    const next = await iterator.next();
    if (next.done === true) throw new Error("The group was left.");
    leases.push(next.value);
  }
  const [first, ...others] = leases.toSorted((one, other) => (one.partition < other.partition ? -1 : 1));
  if (first === undefined) throw new Error("At least one partition has to be waited for.");
  const held = [first, ...others] as const;
  return {
    leases: held,
    checkpoints: coordination.checkpoints,
    next: async () => (await iterator.next()).value as Lease | undefined,
    async leave() {
      stop.abort();
      await Promise.all(held.map((lease) => lease.release("drained", calls)));
    },
  };
}
