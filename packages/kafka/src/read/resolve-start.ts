import { SpillwayError, type CallOptions, type StartPosition } from "@spillway/spec";
import { pause } from "../client/abortable.ts";
import { KafkaError } from "../client/kafka-error.ts";
import type { KafkaPort, TopicPartition } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { offsetOf } from "../position.ts";
import { startOffset } from "./offset-range.ts";

const attempts = 10;

/**
 * Resolves to the offset at which reading from a start position begins. Asks the partition's leader, and when that is another one by now, or none yet,
 * asks the cluster for it and tries again for about a second; then rejects with what was wrong.
 */
export async function resolveStart(
  port: KafkaPort,
  directory: TopicDirectory,
  at: TopicPartition,
  start: StartPosition,
  options: CallOptions,
): Promise<number> {
  if (start.at === "after") return offsetOf(start.position) + 1;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const leader = directory.leader(at);
      if (leader === undefined) throw directory.problem(at.topic) ?? leaderless(at);
      return await startOffset(port, leader, at, start, options);
    } catch (error) {
      const mayPass = error instanceof SpillwayError && error.retryable;
      if (!mayPass || attempt === attempts || options.signal.aborted) throw error;
      await pause(100, options);
      await directory.refresh(options);
    }
  }
}

function leaderless({ topic, partition }: TopicPartition): KafkaError {
  return new KafkaError(`Partition ${topic}-${partition} does not exist, or has no leader now. It is asked for again.`, {
    type: "LEADER_NOT_AVAILABLE",
    code: "SPILLWAY_KAFKA_UNREACHABLE",
    failureClass: "transient",
  });
}
