import type { CheckpointStore, LeaseStore, LogSource, Partition, PartitionId } from "@spillway/spec";

/** As much of the consumer "charges" of the stream "orders" as a take-over asks for: its shards as "child<parent+parent", and its stores. */
export function sourceOf(
  stores: { readonly checkpoints: CheckpointStore; readonly leases: LeaseStore },
  ...shards: readonly string[]
): LogSource<unknown> {
  const partitions = shards.map((shard): Partition => {
    const [id = "", parents = ""] = shard.split("<");
    return { id: id as PartitionId, parents: parents === "" ? [] : (parents.split("+") as readonly string[] as readonly PartitionId[]) };
  });
  const coordination = { by: "leases", consumer: "charges", ...stores } as const;
  return { name: "orders", coordination, partitions: () => Promise.resolve(partitions) } as unknown as LogSource<unknown>;
}
