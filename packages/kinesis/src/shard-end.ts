import { SpillwayError, type LogBatch, type Payload } from "@spillway/spec";
import { nameOf } from "./kinesis-stream.ts";
import { listShards } from "./list-shards.ts";
import type { ShardReader } from "./shard-reader.ts";

/** Makes sure that a shard has ended: the engine takes the end for final, and then its children start. */
export interface ShardEnd {
  /** Resolves when the listing shows that the shard is closed, or does not show it any more; rejects as transient while it is open. */
  confirm(signal: AbortSignal): Promise<void>;
  /** Kinesis does not know the shard: the last batch of one that outlived the retention period, or a rejection. */
  gone(signal: AbortSignal): Promise<LogBatch<Payload>>;
}

/** The end of the shard that this reader reads. */
export function shardEnd({ client, stream, shard }: ShardReader): ShardEnd {
  const unclear = (what: string): SpillwayError =>
    new SpillwayError(`Shard ${shard} of stream ${nameOf(stream)} ${what}, but is listed as open. It is read again.`, {
      code: "SPILLWAY_KINESIS_FAILED",
    });
  return {
    async confirm(signal) {
      const listed = (await listShards(client, stream, signal)).find(({ ShardId }) => ShardId === shard);
      if (listed !== undefined && listed.SequenceNumberRange?.EndingSequenceNumber === undefined) throw unclear("gave no next iterator");
    },
    async gone(signal) {
      // Rejects as fatal when it is the stream that is gone.
      const shards = await listShards(client, stream, signal);
      if (shards.some(({ ShardId }) => ShardId === shard)) throw unclear("was not found");
      return {
        messages: [],
        lost: { count: undefined, reason: "the shard was closed longer ago than the retention period: what was left in it is gone" },
      };
    },
  };
}
