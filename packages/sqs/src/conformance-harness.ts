import { setTimeout as sleep } from "node:timers/promises";
import type { QueueSourceHarness, SinkHarness, StoredMessage } from "@spillway/conformance";
import { sqsSink } from "./sqs-sink.ts";
import { sqsSource } from "./sqs-source.ts";
import { drainQueue, elasticMqAt, fauxqsAt, sendAll, type QueueServer } from "./testing/queue-server.ts";

const deadlineMs = 30_000;
const noGroups = "a standard queue has no groups";
const anyReceipt = { checkedReceipts: "fauxqs takes any receipt for good" };

/** Standard queues as sources, on a real ElasticMQ. */
export function elasticMqSourceHarness(endpoint: string): QueueSourceHarness {
  return sourceHarness(elasticMqAt(endpoint), false, { groups: noGroups });
}

/** FIFO queues as sources, on a real ElasticMQ. */
export function elasticMqFifoSourceHarness(endpoint: string): QueueSourceHarness {
  return sourceHarness(elasticMqAt(endpoint), true, {});
}

/** Standard queues as sinks, on a real ElasticMQ. */
export function elasticMqSinkHarness(endpoint: string): SinkHarness {
  return sinkHarness(elasticMqAt(endpoint), false);
}

/** FIFO queues as sinks, on a real ElasticMQ. */
export function elasticMqFifoSinkHarness(endpoint: string): SinkHarness {
  return sinkHarness(elasticMqAt(endpoint), true);
}

/** Standard queues as sources, on fauxqs. */
export function fauxqsSourceHarness(endpoint: string): QueueSourceHarness {
  return sourceHarness(fauxqsAt(endpoint), false, { ...anyReceipt, groups: noGroups });
}

/** FIFO queues as sources, on fauxqs. */
export function fauxqsFifoSourceHarness(endpoint: string): QueueSourceHarness {
  return sourceHarness(fauxqsAt(endpoint), true, anyReceipt);
}

/** Standard queues as sinks, on fauxqs. */
export function fauxqsSinkHarness(endpoint: string): SinkHarness {
  return sinkHarness(fauxqsAt(endpoint), false);
}

/** FIFO queues as sinks, on fauxqs. */
export function fauxqsFifoSinkHarness(endpoint: string): SinkHarness {
  return sinkHarness(fauxqsAt(endpoint), true);
}

function nameOf(server: QueueServer, fifo: boolean): string {
  return `sqs${fifo ? " fifo" : ""} on ${server.name}`;
}

function sourceHarness(server: QueueServer, fifo: boolean, lacks: QueueSourceHarness["lacks"]): QueueSourceHarness {
  return {
    name: nameOf(server, fifo),
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

function sinkHarness(server: QueueServer, fifo: boolean): SinkHarness {
  return {
    name: nameOf(server, fifo),
    deadlineMs,
    lacks: fifo ? {} : { keyOrder: noGroups, deduplication: "a standard queue does not deduplicate" },
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
