import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { lacking, type CheckpointStoreHarness, type LogSourceHarness, type SinkHarness, type StoredMessage } from "@spillway/conformance";
import {
  hasCode,
  type CheckpointStore,
  type FencingToken,
  type Lease,
  type OutgoingMessage,
  type Payload,
  type Position,
} from "@spillway/spec";
import { maxDistance } from "./group/offset-set.ts";
import { kafkaSink } from "./kafka-sink.ts";
import { kafkaSource, type KafkaSource } from "./kafka-source.ts";
import type { KafkaSourceOptions } from "./kafka-source-options.ts";
import { kafkaTransactions } from "./kafka-transactions.ts";
import { partitionId } from "./partition-id.ts";
import { offsetOf, positionOf } from "./position.ts";
import { testTopic, type TestTopic } from "./testing/test-topic.ts";

const deadlineMs = 30_000;
const neverEnds = "a partition of Kafka never ends";
const largePayloadBytes = 850_000;
const calls = { signal: new AbortController().signal };

/** Topics as sources, on a real broker. */
export function kafkaSourceHarness(endpoint: string): LogSourceHarness {
  return {
    name: "kafka",
    deadlineMs,
    lacks: { split: neverEnds, merge: neverEnds },
    async open() {
      const at = await testTopic(endpoint, { partitions: 2 });
      const sink = kafkaSink({ client: at.client, topic: at.topic });
      return {
        source: (consumer) => kafkaSource({ client: at.client, topic: at.topic, groupId: consumer }),
        append: (messages) => writeAll(sink, messages),
        nowMs: () => Date.now(),
        elapse: (ms) => sleep(ms),
        largePayloadBytes,
        split: lacking,
        merge: lacking,
        async trim(partition, through) {
          const number = Number(partition.slice(partition.lastIndexOf("-") + 1));
          const partitions = [{ partition: number, offset: String(offsetOf(through) + 1) }];
          await at.admin.deleteTopicRecords({ topic: at.topic, partitions });
        },
        foreignPosition: "49590338271490256608559692538361571095921575989136588898" as Position,
        reopen: async () => undefined,
        close: at.close,
      };
    },
  };
}

/** Topics as sinks, on a real broker. */
export function kafkaSinkHarness(endpoint: string): SinkHarness {
  return {
    name: "kafka",
    deadlineMs,
    lacks: { deduplication: "Kafka knows a batch that is sent again, not a message" },
    async open() {
      const at = await testTopic(endpoint, { partitions: 3 });
      return {
        sink: () => kafkaSink({ client: at.client, topic: at.topic }),
        stored: () => everything(at),
        largePayloadBytes,
        tooLargeBytes: 1_200_000,
        reopen: async () => undefined,
        close: at.close,
      };
    },
  };
}

/** A group's committed offsets as a checkpoint store, on a real broker: each new owner is a new member, after the old one has left. */
export function kafkaCheckpointsHarness(endpoint: string): CheckpointStoreHarness {
  return checkpointsHarness(endpoint, "kafka group", () => ({}));
}

/** The same, each commit in a transaction. */
export function kafkaTransactionsHarness(endpoint: string): CheckpointStoreHarness {
  return checkpointsHarness(endpoint, "kafka group, in transactions", () => ({ transactions: kafkaTransactions() }));
}

function checkpointsHarness(
  endpoint: string,
  name: string,
  further: () => Pick<KafkaSourceOptions, "transactions">,
): CheckpointStoreHarness {
  return {
    name,
    deadlineMs,
    lacks: {
      scopes: "a group's offsets belong to the group",
      starts: "where a consumer begins is an offset from the moment it has the partition",
      finished: neverEnds,
      corrupt: "what cannot be read beside an offset means replay from the offset",
    },
    async open() {
      const partitions = 6;
      const at = await testTopic(endpoint, { partitions });
      const groupId = randomUUID();
      let owner: Owner | undefined;
      return {
        store() {
          // A store that is made before there is an owner speaks for the one that comes.
          const made = owner;
          const store = (): CheckpointStore => (made ?? owner)?.store ?? lacking();
          return { maxDone: maxDistance, load: (...call) => store().load(...call), save: (...call) => store().save(...call) };
        },
        key: (n) => ({ scope: groupId, partition: partitionId({ topic: at.topic, partition: n }) }),
        position: (n) => positionOf(n),
        async takeOver() {
          await owner?.leave();
          owner = await own(kafkaSource({ client: at.client, topic: at.topic, groupId, ...further() }), partitions);
          return owner.token;
        },
        corrupt: lacking,
        reopen: async () => undefined,
        async close() {
          await owner?.leave();
          await at.close();
        },
      };
    },
  };
}

interface Owner {
  readonly store: CheckpointStore;
  readonly token: FencingToken;
  leave(): Promise<void>;
}

/** Becomes the only member of the source's group, and so the owner of all partitions. */
async function own({ coordination }: KafkaSource, count: number): Promise<Owner> {
  if (coordination.by !== "provider") return lacking();
  const stop = new AbortController();
  const iterator = coordination.assigner.leases({ start: { at: "earliest" }, signal: stop.signal })[Symbol.asyncIterator]();
  const leases: Lease[] = [];
  while (leases.length < count) leases.push((await iterator.next()).value as Lease);
  return {
    store: coordination.checkpoints,
    token: Math.max(...leases.map(({ token }) => token)) as FencingToken,
    async leave() {
      stop.abort();
      await Promise.all(leases.map((lease) => lease.release("drained", calls).catch(unlessLost)));
    },
  };
}

/** A partition may be lost before it is left: by a save in a transaction that was given up. */
function unlessLost(error: unknown): void {
  if (!hasCode(error, "SPILLWAY_LEASE_LOST")) throw error;
}

async function writeAll(sink: ReturnType<typeof kafkaSink>, messages: readonly OutgoingMessage<Payload>[]): Promise<void> {
  for (const result of await sink.write(messages, calls)) if (!result.ok) throw result.error;
}

/** Reads each partition to its present end. */
async function everything({ client, topic, admin }: TestTopic): Promise<readonly StoredMessage[]> {
  const source = kafkaSource({ client, topic, groupId: randomUUID() });
  const stored: StoredMessage[] = [];
  for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
    let missing = Number(high) - Number(low);
    const id = partitionId({ topic, partition });
    for await (const { messages } of missing > 0 ? source.read(id, { from: { at: "earliest" }, ...calls }) : []) {
      for (const message of messages) stored.push({ key: source.original(message).key, value: message.value, headers: message.headers });
      missing -= messages.length;
      if (missing <= 0) break;
    }
  }
  return stored;
}
