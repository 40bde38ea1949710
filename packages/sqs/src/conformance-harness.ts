import { setTimeout as sleep } from "node:timers/promises";
import type { QueueSourceHarness, SinkHarness, StoredMessage } from "@spillway/conformance";
import { sqsSink } from "./sqs-sink.ts";
import { sqsSource } from "./sqs-source.ts";
import { drainQueue, sendAll, type QueueServer } from "./testing/queue-server.ts";

const deadlineMs = 30_000;

/** SQS's queues as sources, on a real server. */
export function sqsSourceHarness(server: QueueServer, fifo: boolean, lacks: QueueSourceHarness["lacks"]): QueueSourceHarness {
  return {
    name: `sqs${fifo ? " fifo" : ""} on ${server.name}`,
    deadlineMs,
    lacks,
    async open() {
      const { close, ...queue } = await server.openQueue({ fifo });
      return {
        source: () => sqsSource({ ...queue, visibilityTimeoutMs: 2_000, waitMs: 1_000 }),
        send: (messages) => sendAll(sqsSink(queue), messages),
        nowMs: () => Date.now(),
        elapse: (ms) => sleep(ms),
        largePayloadBytes: Math.floor(queue.maxBytes * 0.9),
        reopen: async () => undefined,
        close,
      };
    },
  };
}

/** SQS's queues as sinks, on a real server. */
export function sqsSinkHarness(server: QueueServer, fifo: boolean, lacks: SinkHarness["lacks"]): SinkHarness {
  return {
    name: `sqs${fifo ? " fifo" : ""} on ${server.name}`,
    deadlineMs,
    lacks,
    async open() {
      const { close, ...queue } = await server.openQueue({ fifo });
      // A group is not given on while its messages are in flight, so what is looked at is taken out, and remembered.
      const taken: StoredMessage[] = [];
      return {
        sink: () => sqsSink(queue),
        async stored() {
          taken.push(...(await drainQueue(sqsSource({ ...queue, waitMs: 0 }))));
          return taken;
        },
        largePayloadBytes: Math.floor(queue.maxBytes * 0.9),
        tooLargeBytes: queue.maxBytes + 1,
        reopen: async () => undefined,
        close,
      };
    },
  };
}
