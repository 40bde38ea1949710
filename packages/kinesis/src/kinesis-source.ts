import type { KinesisClient, Shard } from "@aws-sdk/client-kinesis";
import {
  type CallPace,
  callPace,
  type CheckpointStore,
  type Clock,
  endedByReturn,
  type LeaseStore,
  type LogSource,
  type Partition,
  type PartitionId,
  type Payload,
  requireWithin,
  systemClock,
} from "@spillway/spec";
import type { KinesisMessage } from "./kinesis-message.ts";
import { nameOf, type KinesisStream } from "./kinesis-stream.ts";
import { listShards } from "./list-shards.ts";
import { pollShard } from "./poll-shard.ts";
import { rangeOf, type ShardRange } from "./shard-range.ts";
import { streamRetention } from "./stream-retention.ts";
import { registeredConsumer } from "./registered-consumer.ts";
import { subscribeShard } from "./subscribe-shard.ts";

/** What the Kinesis source needs. */
export type KinesisSourceOptions = KinesisStream & {
  /** The caller's client; region, credentials and endpoint are its business. */
  readonly client: KinesisClient;
  /** Names the consumer: processes of the same name share the shards among them. */
  readonly consumer: string;
  /** Names the source in leases, checkpoints, events and dead letters; the stream's name where left out. With another name all is read anew. */
  readonly name?: string;
  /** Where leases and checkpoints are kept, such as dynamoDbStores(…) of @spillway/dynamodb. */
  readonly stores: { readonly leases: LeaseStore; readonly checkpoints: CheckpointStore };
  /** The most records of one GetRecords, 1 to 10,000; 5,000 by default, which no shard can be filled faster than at five calls a second. */
  readonly maxRecordsPerCall?: number;
  /** The most GetRecords a second for one shard; 5 by default, Kinesis' limit for all consumers of a shard together. Give less when you share it. */
  readonly callsPerSecondPerShard?: number;
  /** The longest wait between two reads of a shard that has no records, in milliseconds; 1,000 by default. */
  readonly idleMs?: number;
  /**
   * How records come: "polling" with GetRecords, the default, or "fan-out" with SubscribeToShard, which gives this consumer 2 MiB/s a shard of its own
   * for a price, and needs a client whose handler speaks HTTP/2 to Kinesis itself.
   */
  readonly delivery?: "polling" | "fan-out";
  /** With "fan-out": registers a consumer of this name with the stream when there is none; false by default, because it costs money. */
  readonly registerConsumer?: boolean;
  /**
   * What to do with a user record of an aggregated record whose hash key, its explicit one or else that of its partition key, belongs to another shard. A producer
   * that finds so after a resharding stores it there again. "keep", the default, gives it here too: it comes twice, and none is lost whoever wrote it. "drop"
   * leaves it out and tells how many: for producers that foretell the shard, as the Kinesis Producer Library and kinesisSink do.
   */
  readonly misplaced?: "keep" | "drop";
  /** Paces reads; the system's by default. */
  readonly clock?: Clock;
};

/** A Kinesis data stream as a log: a partition is a shard, a key is a partition key. */
export type KinesisSource = LogSource<Payload, { readonly kind: "log"; readonly keys: true }>;

/** Reads a Kinesis data stream, with the shards leased among all processes of the consumer. */
export function kinesisSource(options: KinesisSourceOptions): KinesisSource {
  const { client, consumer, stores, maxRecordsPerCall = 5_000, callsPerSecondPerShard = 5, idleMs = 1_000, clock = systemClock } = options;
  const { delivery = "polling", registerConsumer = false, misplaced = "keep" } = options;
  const registered = registeredConsumer({ client, stream: options, consumerName: consumer, register: registerConsumer, clock });
  requireWithin("maxRecordsPerCall", maxRecordsPerCall, 1, 10_000);
  requireWithin("callsPerSecondPerShard", callsPerSecondPerShard, 0.1, 5);
  requireWithin("idleMs", idleMs, 1, 60_000);
  const retention = streamRetention(client, options, clock);
  /** One for each shard of the last listing or read since, so that reads which follow each other keep the pace together. */
  let paces = new Map<PartitionId, CallPace>();

  function paceOf(shard: PartitionId): CallPace {
    const pace = paces.get(shard) ?? callPace(callsPerSecondPerShard, clock);
    paces.set(shard, pace);
    return pace;
  }

  /** Asked once for each reading of a shard, and only where the answer is needed. */
  async function rangeIn(shard: PartitionId, signal: AbortSignal): Promise<ShardRange | undefined> {
    if (misplaced === "keep") return undefined;
    const listed = (await listShards(client, options, signal)).find(({ ShardId }) => ShardId === shard);
    return listed && rangeOf(listed);
  }

  return {
    kind: "log",
    name: options.name ?? nameOf(options),
    traits: { kind: "log", keys: true },
    coordination: { by: "leases", consumer, leases: stores.leases, checkpoints: stores.checkpoints },

    async partitions({ signal }) {
      const partitions = (await listShards(client, options, signal)).map(toPartition);
      paces = new Map(partitions.map(({ id }) => [id, paceOf(id)]));
      return partitions;
    },

    read(shard, { from, signal }) {
      const reader = {
        client,
        stream: options,
        shard,
        clock,
        pace: paceOf(shard),
        gapMs: 1_000 / callsPerSecondPerShard,
        idleMs,
        maxRecordsPerCall,
        retention,
        range: (asking: AbortSignal) => rangeIn(shard, asking),
      };
      return endedByReturn(signal, (ended) =>
        delivery === "polling" ? pollShard(reader, from, ended) : subscribeShard(reader, registered, from, ended),
      );
    },

    count: async () => ({ is: "unknown", reason: "Kinesis does not say how many records lie between two places of a shard." }),

    original(message) {
      const { keyBytes, key, value } = message as KinesisMessage;
      return { key: keyBytes ?? key, payload: value };
    },
  };
}

function toPartition({ ShardId, ParentShardId, AdjacentParentShardId }: Shard): Partition {
  const parents = [ParentShardId, AdjacentParentShardId].filter((parent) => parent !== undefined);
  return { id: ShardId as PartitionId, parents: parents as readonly string[] as readonly PartitionId[] };
}
