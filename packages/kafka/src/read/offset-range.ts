import { SpillwayError, type CallOptions, type StartPosition } from "@spillway/spec";
import type { KafkaPort, TopicPartition } from "../client/kafka-port.ts";
import { offsetOf } from "../position.ts";

const endOfLog = -1;
const beginningOfLog = -2;
const unending: CallOptions = { signal: new AbortController().signal };

/** Resolves to the first offset that a partition holds, and to the offset of the next message that it will. */
export async function rangeOf(
  port: KafkaPort,
  leader: number,
  at: TopicPartition,
  options: CallOptions = unending,
): Promise<{ readonly first: number; readonly end: number }> {
  const [first, end] = await Promise.all([ask(port, leader, at, beginningOfLog, options), ask(port, leader, at, endOfLog, options)]);
  return { first, end };
}

/** Resolves to the offset at which reading from a start position begins, asked of the partition's leader. */
export async function startOffset(
  port: KafkaPort,
  leader: number,
  at: TopicPartition,
  start: StartPosition,
  options: CallOptions,
): Promise<number> {
  switch (start.at) {
    case "after":
      return offsetOf(start.position) + 1;
    case "earliest":
      return ask(port, leader, at, beginningOfLog, options);
    case "latest":
      return ask(port, leader, at, endOfLog, options);
    case "timestamp": {
      if (!Number.isFinite(start.timestampMs)) {
        throw new SpillwayError(`A start at timestamp ${start.timestampMs} is no time: give milliseconds since the Unix epoch.`, {
          code: "SPILLWAY_INVALID_OPTIONS",
          failureClass: "fatal",
        });
      }
      const offset = await ask(port, leader, at, Math.max(0, Math.ceil(start.timestampMs)), options);
      // No message is that young yet: the next one will be.
      return offset < 0 ? ask(port, leader, at, endOfLog, options) : offset;
    }
  }
}

async function ask(
  port: KafkaPort,
  leader: number,
  { topic, partition }: TopicPartition,
  timestampMs: number,
  options: CallOptions,
): Promise<number> {
  const [answer] = await port.listOffsets(leader, [{ topic, partition, timestampMs }], options);
  if (answer === undefined) {
    throw new SpillwayError(`Kafka did not answer where ${topic}-${partition} begins or ends. It is asked again.`, {
      code: "SPILLWAY_RESULT_MISMATCH",
    });
  }
  if (answer.error !== undefined) throw answer.error;
  return answer.offset;
}
