import { SpillwayError, type CallOptions, type StartPosition } from "@spillway/spec";
import type { CommittedOffset, KafkaPort, TopicPartition } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { resolveStart } from "../read/resolve-start.ts";

/** Where reading begins in a partition of which the group knows no offset. */
export type PartitionStart = TopicPartition & { readonly offset: number };

/**
 * Resolves to where to begin in partitions without a committed offset. In a topic of which the group knows other offsets the partition was born later,
 * and is read from its first message, wherever the pipeline started. Partitions whose leader does not answer are left out.
 */
export async function startOffsets(
  port: KafkaPort,
  directory: TopicDirectory,
  committed: readonly CommittedOffset[],
  start: StartPosition,
  options: CallOptions,
): Promise<readonly PartitionStart[]> {
  const known = new Set(committed.filter(({ offset }) => offset !== undefined).map(({ topic }) => topic));
  const starts = committed
    .filter(({ offset }) => offset === undefined)
    .map(async ({ topic, partition }): Promise<PartitionStart | undefined> => {
      const from: StartPosition = known.has(topic) ? { at: "earliest" } : start;
      try {
        return { topic, partition, offset: await resolveStart(port, directory, { topic, partition }, from, options) };
      } catch (error) {
        if (options.signal.aborted || !(error instanceof SpillwayError) || !error.retryable) throw error;
        return undefined;
      }
    });
  return (await Promise.all(starts)).filter((one) => one !== undefined);
}
