import type { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import {
  type CallPace,
  callPace,
  type CheckpointStore,
  type Clock,
  endedByReturn,
  type LeaseStore,
  type LogSource,
  type PartitionId,
  requireWithin,
  systemClock,
} from "@spillway/spec";
import type { Change, ViewType } from "./change.ts";
import type { ChangeMessage } from "./change-message.ts";
import type { DescribedStream } from "./describe-stream.ts";
import { followedStreams, nameOf, type TableStream } from "./followed-streams.ts";
import { originalRecord } from "./original-record.ts";
import { readStreamShard } from "./read-stream-shard.ts";
import { fatal } from "./stream-error.ts";
import { parsePartition, toPartitions } from "./stream-partitions.ts";

/** What the DynamoDB Streams source needs. */
export type DynamoDbStreamSourceOptions<View extends ViewType> = TableStream & {
  /** The caller's client; region, credentials and endpoint are its business. It is another client than DynamoDB's own. */
  readonly client: DynamoDBStreamsClient;
  /** What the stream holds of a changed item. It decides the type of a change, and is checked against the stream. */
  readonly view: View;
  /** Names the consumer: processes of the same name share the shards among them. */
  readonly consumer: string;
  /** Names the source in leases, checkpoints, events and dead letters; the table's name where left out. With another name all is read anew. */
  readonly name?: string;
  /** Where leases and checkpoints are kept, such as dynamoDbStores(…) of @spillway/dynamodb. */
  readonly stores: { readonly leases: LeaseStore; readonly checkpoints: CheckpointStore };
  /**
   * What to do when records were trimmed, after 24 hours, before they were read: "skip" goes on with the oldest that is left and reports the loss,
   * "fail" stops the pipeline. "skip" by default: what is gone does not come back.
   */
  readonly trimmed?: "skip" | "fail";
  /** The most GetRecords a second for one shard; 4 by default, as Lambda's own poller has it. A shard bears two readers. */
  readonly callsPerSecondPerShard?: number;
  /** The longest wait between two reads of a shard that has no records, in milliseconds; 1,000 by default. */
  readonly idleMs?: number;
  /** Paces reads; the system's by default. */
  readonly clock?: Clock;
};

/** A table's stream as a log of changes: a partition is a shard, a key is an item's key. */
export type DynamoDbStreamSource<View extends ViewType> = LogSource<Change<View>, { readonly kind: "log"; readonly keys: true }>;

/** Reads the changes of a table, with the stream's shards leased among all processes of the consumer. */
export function dynamoDbStreamSource<const View extends ViewType>(options: DynamoDbStreamSourceOptions<View>): DynamoDbStreamSource<View> {
  const { client, view, consumer, stores, trimmed = "skip", callsPerSecondPerShard = 4, idleMs = 1_000, clock = systemClock } = options;
  requireWithin("callsPerSecondPerShard", callsPerSecondPerShard, 0.1, 10);
  requireWithin("idleMs", idleMs, 1, 60_000);
  /** One for each shard of the last listing or read since, so that reads which follow each other keep the pace together. */
  let paces = new Map<PartitionId, CallPace>();
  let arns: ReadonlyMap<string, string> = new Map();

  function paceOf(partition: PartitionId): CallPace {
    const pace = paces.get(partition) ?? callPace(callsPerSecondPerShard, clock);
    paces.set(partition, pace);
    return pace;
  }

  async function describe(signal: AbortSignal): Promise<readonly DescribedStream[]> {
    const streams = await followedStreams(client, options, signal);
    for (const stream of streams) checkView(stream, view);
    arns = new Map(streams.map(({ label, arn }) => [label, arn]));
    return streams;
  }

  async function arnOf(label: string, signal: AbortSignal): Promise<string | undefined> {
    if (!arns.has(label)) await describe(signal);
    return arns.get(label);
  }

  return {
    kind: "log",
    name: options.name ?? nameOf(options),
    traits: { kind: "log", keys: true },
    coordination: { by: "leases", consumer, leases: stores.leases, checkpoints: stores.checkpoints },

    async partitions({ signal }) {
      signal.throwIfAborted();
      const partitions = toPartitions(await describe(signal));
      paces = new Map(partitions.map(({ id }) => [id, paceOf(id)]));
      return partitions;
    },

    read(partition, { from, signal }) {
      const { label, shardId } = parsePartition(partition);
      return endedByReturn(signal, async function* (ended) {
        ended.throwIfAborted();
        const arn = await arnOf(label, ended);
        if (arn === undefined) {
          yield {
            messages: [],
            lost: { count: undefined, reason: `stream ${label} of the table was disabled more than 24 hours ago and is gone` },
          };
          return;
        }
        const pace = paceOf(partition);
        const gapMs = 1_000 / callsPerSecondPerShard;
        yield* readStreamShard({ client, arn, shardId, partition, view, clock, pace, gapMs, idleMs, trimmed }, from, ended);
      });
    },

    count: async () => ({ is: "unknown", reason: "DynamoDB Streams does not say how many changes lie between two places of a shard." }),

    original(message) {
      const { record, key } = message as ChangeMessage<View>;
      return { key, payload: originalRecord(record) };
    },
  };
}

/** Refuses a stream that does not hold the images that the types promise. */
function checkView({ arn, viewType }: DescribedStream, view: ViewType): void {
  if (viewType === undefined || viewType === view || viewType === "NEW_AND_OLD_IMAGES" || view === "KEYS_ONLY") return;
  throw fatal(
    "SPILLWAY_INVALID_OPTIONS",
    `Stream ${arn} holds ${viewType}, and the source is made for ${view}. Name the stream's own view, or read an older stream of the table by its streamArn.`,
  );
}
