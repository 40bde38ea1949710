import type { LogSource, Message, Original, Payload } from "@spillway/spec";
import { kafkajsPort } from "./client/kafkajs-port.ts";
import { sharedPort } from "./client/shared-port.ts";
import { topicDirectory } from "./client/topic-directory.ts";
import { committedCheckpoints } from "./group/committed-checkpoints.ts";
import { groupAssigner } from "./group/group-assigner.ts";
import { groupMember } from "./group/group-member.ts";
import { resolveSourceOptions, type KafkaSourceOptions } from "./kafka-source-options.ts";
import { joinAsSource } from "./kafka-transactions.ts";
import { partitionId, topicPartition } from "./partition-id.ts";
import { countMessages } from "./read/count-messages.ts";
import { fetcher } from "./read/fetcher.ts";
import { KafkaMessage } from "./read/kafka-message.ts";
import { readPartition } from "./read/read-partition.ts";
import { resolveStart } from "./read/resolve-start.ts";

/** A source of Kafka topics: a log with keys. */
export type KafkaSource = LogSource<Payload, { readonly kind: "log"; readonly keys: true }>;

// Long enough that a pipeline that starts again finds its connections, short enough that nobody wonders about open ones.
const idleMs = 2_000;

/**
 * Reads Kafka topics as a member of a consumer group. The group shares the partitions out, and keeps the checkpoints in its committed offsets. One
 * source is for one pipeline; nothing is connected before it runs, and nothing stays connected after.
 *
 *     consume(kafkaSource({ client: new Kafka({ brokers }), topic: "orders", groupId: "charges" }), { ordering: "key" })
 */
export function kafkaSource(options: KafkaSourceOptions): KafkaSource {
  const resolved = resolveSourceOptions(options);
  const { port, hold: holdReading } = sharedPort(kafkajsPort(options.client), idleMs);
  const transactions = options.transactions === undefined ? undefined : joinAsSource(options.transactions, options.client);
  const joining = sharedPort(kafkajsPort(options.client), idleMs);
  const directory = topicDirectory(port, resolved);
  const partitions = fetcher(port, directory, { ...resolved, madeAnew: (id, topicId) => assigner.member?.renew(id, topicId) });

  const assigner = groupAssigner({
    make: (start) => groupMember(port, joining.port, directory, { ...resolved, groupId: options.groupId, transactions, start }),
    hold() {
      const releases = [holdReading(), joining.hold()];
      return () => {
        for (const release of releases) release();
      };
    },
  });

  return {
    kind: "log",
    name: resolved.name,
    traits: { kind: "log", keys: true },
    coordination: { by: "provider", consumer: options.groupId, assigner, checkpoints: committedCheckpoints(assigner) },
    async partitions({ signal }) {
      const release = holdReading();
      try {
        await directory.start({ signal });
        await directory.refresh({ signal });
        return directory
          .topics()
          .flatMap(({ topic, partitions: some }) => some.map(({ partition }) => ({ id: partitionId({ topic, partition }), parents: [] })));
      } finally {
        release();
      }
    },
    read: (partition, { from, signal }) =>
      readPartition(
        {
          hold: holdReading,
          room: (room) => transactions?.outputs.room(room) ?? Promise.resolve(),
          async open(id, start, open) {
            const at = topicPartition(id);
            await directory.start(open);
            const offset = await resolveStart(port, directory, at, start, open);
            const lease = assigner.member?.reading(id);
            const feed = partitions.open({ ...at, topicId: lease?.committed.metadata.topicId }, offset);
            if (lease?.gone !== undefined) feed.push({ messages: [], bytes: 0, behindMs: 0, lost: lease.gone });
            if (lease !== undefined) lease.gone = undefined;
            return feed;
          },
        },
        partition,
        from,
        { signal },
      ),
    async count(partition, { from, until, signal }) {
      const release = holdReading();
      try {
        await directory.start({ signal });
        const at = topicPartition(partition);
        return await countMessages((start) => resolveStart(port, directory, at, start, { signal }), from, until);
      } finally {
        release();
      }
    },
    original,
  };
}

function original(message: Message<Payload>): Original {
  return message instanceof KafkaMessage ? message.original : { key: message.key, payload: message.value };
}
