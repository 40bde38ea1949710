import {
  manualClock,
  type CheckpointStoreHarness,
  type LeaseStoreHarness,
  type LogSourceHarness,
  type QueueSourceHarness,
  type SinkHarness,
} from "@spillway/conformance";
import type { FencingToken, PartitionId, Payload, Position } from "@spillway/spec";
import { memoryLogSink } from "./log/memory-log-sink.ts";
import { memoryLog } from "./log/memory-log.ts";
import { memorySource } from "./log/memory-source.ts";
import { memorySink } from "./memory-sink.ts";
import { memoryQueueSink } from "./queue/memory-queue-sink.ts";
import { memoryQueueSource } from "./queue/memory-queue-source.ts";
import { memoryQueue } from "./queue/memory-queue.ts";
import { originalOf } from "./stored-message.ts";
import { entryName } from "./stores/entries.ts";
import { memoryCheckpoints } from "./stores/memory-checkpoints.ts";
import { memoryLeases } from "./stores/memory-leases.ts";

const endsWithProcess = "what is in memory ends with its process";
const deadlineMs = 20_000;
const largePayloadBytes = 1_048_576;
const tooLargeBytes = 2_097_152;

/** Memory's log under a clock that stands still. */
export const memoryLogHarness: LogSourceHarness = {
  name: "memory",
  deadlineMs,
  lacks: { reopen: endsWithProcess },
  async open() {
    const clock = manualClock();
    const log = memoryLog({ name: "log", partitions: 2, clock });
    return {
      source: (consumer) => memorySource({ log, consumer }),
      append: async (messages) => void log.append(messages),
      nowMs: () => clock.nowMs(),
      elapse: (ms) => clock.advance(ms),
      largePayloadBytes,
      split: async (partition) => void log.split(partition),
      async merge() {
        const [one, other] = log.partitions().map(({ id }) => id) as [PartitionId, PartitionId];
        log.merge(one, other);
        return [one, other];
      },
      trim: async (partition, through) => log.trim(partition, through),
      foreignPosition: "shardId-000000000000" as Position,
      // For the mutants, which let the log stand for one on a server that outlives its reader.
      reopen: async () => undefined,
      close: async () => undefined,
    };
  },
};

/** Memory's queue without groups. */
export const memoryQueueHarness: QueueSourceHarness = queueHarness("memory", false, {
  groups: "the queue was made without groups",
  reopen: endsWithProcess,
});

/** Memory's queue with groups. */
export const memoryFifoHarness: QueueSourceHarness = queueHarness("memory groups", true, { reopen: endsWithProcess });

function queueHarness(name: string, groups: boolean, lacks: QueueSourceHarness["lacks"]): QueueSourceHarness {
  return {
    name,
    deadlineMs,
    lacks,
    async open() {
      const clock = manualClock();
      const queue = memoryQueue({ name: "queue", groups, clock });
      return {
        source: () => memoryQueueSource({ queue }),
        send: async (messages) => queue.send(messages),
        nowMs: () => clock.nowMs(),
        elapse: (ms) => clock.advance(ms),
        largePayloadBytes,
        reopen: async () => undefined,
        close: async () => undefined,
      };
    },
  };
}

const sinkLacks = { deduplication: "memory keeps no record of the ids it has seen", reopen: endsWithProcess };

/** Memory's sink for a log. */
export const memoryLogSinkHarness: SinkHarness = {
  name: "memory log",
  deadlineMs,
  lacks: sinkLacks,
  async open() {
    const log = memoryLog({ name: "log", partitions: 2, maxMessageBytes: largePayloadBytes });
    return {
      sink: () => memoryLogSink({ log }),
      async stored() {
        const partitions = log.partitions().map(({ id }) => log.partition(id));
        return partitions.flatMap((each) =>
          Array.from({ length: each.end() }, (_, offset) => each.at(offset)).filter((at) => at !== undefined),
        );
      },
      largePayloadBytes,
      tooLargeBytes,
      reopen: async () => undefined,
      close: async () => undefined,
    };
  },
};

/** Memory's sink for a queue. */
export const memoryQueueSinkHarness: SinkHarness = {
  name: "memory queue",
  deadlineMs,
  lacks: sinkLacks,
  async open() {
    const queue = memoryQueue({ name: "queue", groups: true, maxMessageBytes: largePayloadBytes });
    return {
      sink: () => memoryQueueSink({ queue }),
      async stored() {
        const lent = queue.lend(Infinity);
        for (const { receipt } of lent) queue.hide(receipt, 0, "taken back");
        return lent.map((message) => ({ key: originalOf(message).key, value: message.value, headers: message.headers }));
      },
      largePayloadBytes,
      tooLargeBytes,
      reopen: async () => undefined,
      close: async () => undefined,
    };
  },
};

/** Memory's collecting sink. */
export const memorySinkHarness: SinkHarness = collectionHarness("memory collection", "key");

/** Memory's collecting sink, in which a failure ends a write. */
export const memoryWriteOrderSinkHarness: SinkHarness = collectionHarness("memory collection in write order", "write");

function collectionHarness(name: string, order: "write" | "key"): SinkHarness {
  return {
    name,
    deadlineMs,
    lacks: sinkLacks,
    async open() {
      const sink = memorySink<Payload>({ maxMessageBytes: largePayloadBytes, order });
      return {
        sink: () => sink,
        stored: async () => sink.messages.map(({ key, value, headers }) => ({ key, value, headers: headers ?? [] })),
        largePayloadBytes,
        tooLargeBytes,
        reopen: async () => undefined,
        close: async () => undefined,
      };
    },
  };
}

/** Memory's checkpoint store. */
export const memoryCheckpointsHarness: CheckpointStoreHarness = {
  name: "memory",
  deadlineMs,
  lacks: {},
  async open() {
    const entries = new Map<string, string>();
    let token = 0;
    return {
      store: () => memoryCheckpoints({ entries }),
      key: (n) => ({ scope: "scope", partition: `partition-${n}` as PartitionId }),
      position: (n) => String(n) as Position,
      takeOver: async () => (token += 1) as FencingToken,
      corrupt: async ({ scope, partition }) => void entries.set(entryName(scope, partition), "{"),
      reopen: async () => undefined,
      close: async () => undefined,
    };
  },
};

/** Memory's lease store. */
export const memoryLeasesHarness: LeaseStoreHarness = {
  name: "memory",
  deadlineMs,
  lacks: {},
  async open() {
    const entries = new Map<string, string>();
    return {
      store: () => memoryLeases({ entries }),
      corrupt: async (scope, partition) => void entries.set(entryName(scope, partition), "{"),
      reopen: async () => undefined,
      close: async () => undefined,
    };
  },
};
