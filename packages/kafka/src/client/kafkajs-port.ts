import type { CallOptions } from "@spillway/spec";
import type { Kafka } from "kafkajs";
import { abortable, bounded } from "./abortable.ts";
import { byTopic } from "./by-topic.ts";
import { check, failure } from "./check-answer.ts";
import { answered, KafkaError, thrown } from "./kafka-error.ts";
import type { BrokerAddress, KafkaPort, OffsetAnswer, TopicMetadata } from "./kafka-port.ts";
import { brokerConnections } from "./broker-connections.ts";
import { rawRequest, requests, type KafkajsBroker, type KafkajsCall } from "./kafkajs-internals.ts";
import { groupCalls } from "./kafkajs-group.ts";
import { transactionCalls } from "./kafkajs-transactions.ts";
import { storedAt } from "./stored-at.ts";
import { produceBody, readProduceAnswer } from "../wire/produce.ts";
import { fetchById } from "../wire/fetch-by-id.ts";
import { fetchByName } from "../wire/fetch.ts";
import { metadataBody, readMetadataAnswer, topicError, type ClusterMetadata } from "../wire/metadata.ts";

const fetchApi = { key: 1, version: 11, name: "Fetch" };
const fetchByIdApi = { ...fetchApi, version: 13 };
const produceApi = { key: 0, version: 7, name: "Produce" };
const metadataApi = { key: 3, version: 10, name: "Metadata" };
/** How long a broker may take to answer before its connection counts as dead: a router that forgot it says nothing. */
const callLimitMs = 10_000;
const networkMs = 5_000;

/** A request of the protocol in one version. */
interface Api {
  readonly key: number;
  readonly version: number;
  readonly name: string;
}

/** A request that is written already, and how its answer is read. */
interface RawCall<T> {
  readonly body: Buffer;
  read(payload: Buffer): T;
}

/** Makes the calls over kafkajs's connections, with the caller's client's addresses, TLS and authentication. */
export function kafkajsPort(client: Kafka): KafkaPort {
  const connections = brokerConnections(client);

  /** Makes one call; a connection that broke is not used again. */
  async function send(broker: KafkajsBroker, call: KafkajsCall, doing: string, limitMs: number, { signal }: CallOptions): Promise<unknown> {
    const parse = (decoded: unknown): Promise<unknown> => Promise.resolve(decoded);
    try {
      const sent = broker.connectionPool.send({ ...call, response: { decode: call.response.decode, parse } });
      return await bounded(sent, limitMs, () => expired(doing, limitMs), { signal });
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = thrown(error, doing);
      if (failure.code === "SPILLWAY_KAFKA_UNREACHABLE") connections.drop(broker);
      throw failure;
    }
  }

  async function metadata(topics: readonly string[] | undefined, options: CallOptions): Promise<ClusterMetadata> {
    const broker = await reach("any", "asking for Metadata", options);
    if (serves(broker, metadataApi)) {
      return raw(broker, metadataApi, { body: metadataBody(topics), read: readMetadataAnswer }, callLimitMs, options);
    }
    const answer = await call<MetadataAnswer>("any", "Metadata", { topics: topics ?? [], allowAutoTopicCreation: false }, options);
    return { brokers: answer.brokers, topics: answer.topicMetadata.map(topicOf) };
  }

  async function call<T>(node: number | "any", name: string, parameters: object, options: CallOptions, limitMs = callLimitMs): Promise<T> {
    const doing = `asking for ${name}`;
    const broker = await reach(node, doing, options);
    const kind = requests[name];
    const apiKey = apiKeys[name];
    const served = apiKey === undefined ? undefined : broker.versions[apiKey]?.maxVersion;
    if (kind === undefined || served === undefined) throw answered("UNSUPPORTED_VERSION", doing, false);
    const version = Math.min(served, Math.max(...kind.versions.map(Number)));
    return (await send(broker, kind.protocol({ version })(parameters), doing, limitMs, options)) as T;
  }

  async function reach(node: number | "any", doing: string, options: CallOptions): Promise<KafkajsBroker> {
    try {
      return await abortable(node === "any" ? connections.any() : connections.to(node), options);
    } catch (error) {
      if (options.signal.aborted) throw error;
      throw thrown(error, doing);
    }
  }

  /** Makes a call whose request and answer are not kafkajs's. */
  async function raw<T>(broker: KafkajsBroker, api: Api, { body, read }: RawCall<T>, limitMs: number, options: CallOptions): Promise<T> {
    const doing = `asking for ${api.name}`;
    if (!serves(broker, api)) throw answered("UNSUPPORTED_VERSION", doing, false);
    const request = rawRequest(api.key, api.version, api.name, body);
    const response = { decode: (payload: Buffer) => Promise.resolve(read(payload)), parse: (decoded: unknown) => Promise.resolve(decoded) };
    return (await send(broker, { request, response, requestTimeout: limitMs }, doing, limitMs, options)) as T;
  }

  return {
    async metadata(topics, options) {
      const answer = await metadata(topics, options);
      connections.learn(answer.brokers);
      return answer.topics;
    },

    async fetch(node, request, options) {
      const broker = await reach(node, "asking for Fetch", options);
      // The broker itself waits up to maxWaitMs before it answers.
      const limitMs = request.maxWaitMs + callLimitMs;
      const byId = serves(broker, fetchByIdApi) ? fetchById(request) : undefined;
      return byId === undefined
        ? raw(broker, fetchApi, fetchByName(request), limitMs, options)
        : raw(broker, fetchByIdApi, byId, limitMs, options);
    },

    async listOffsets(broker, questions, options) {
      const topics = byTopic(questions).map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, timestampMs }) => ({ partition, timestamp: timestampMs })),
      }));
      const answer = await call<ListOffsetsAnswer>(broker, "ListOffsets", { replicaId: -1, isolationLevel: 1, topics }, options);
      return answer.responses.flatMap(({ topic, partitions }) =>
        partitions.map(
          ({ partition, errorCode, offset }): OffsetAnswer => ({
            topic,
            partition,
            offset: Number(offset),
            error: errorCode === 0 ? undefined : failure(errorCode, `the question for an offset of ${topic}-${partition}`),
          }),
        ),
      );
    },

    async coordinator(of, options) {
      // kafkajs calls the key a group's id, whatever it is of.
      const [groupId, coordinatorType] = "groupId" in of ? [of.groupId, 0] : [of.transactionalId, 1];
      const answer = await call<CoordinatorAnswer>("any", "GroupCoordinator", { groupId, coordinatorType }, options);
      check(answer.errorCode, `the question for the coordinator of ${"groupId" in of ? "group" : "transactions"} ${groupId}`);
      connections.learn([answer.coordinator]);
      return answer.coordinator.nodeId;
    },

    ...groupCalls(call),

    async initProducerId(options) {
      const answer = await call<ProducerIdAnswer>("any", "InitProducerId", { transactionalId: null, transactionTimeout: 60_000 }, options);
      check(answer.errorCode, "the question for a producer id");
      return { producerId: BigInt(answer.producerId), epoch: answer.producerEpoch };
    },

    ...transactionCalls(call),

    async produce(broker, request, options) {
      const at = await reach(broker, "asking for Produce", options);
      const produce = { body: produceBody(request), read: readProduceAnswer };
      const answers = await raw(at, produceApi, produce, request.timeoutMs + networkMs, options);
      return storedAt(request, answers);
    },

    keepAlive: connections.keepAlive,
    close: connections.close,
  };
}

function serves(broker: KafkajsBroker, { key, version }: Api): boolean {
  return (broker.versions[key]?.maxVersion ?? 0) >= version;
}

const apiKeys: Readonly<Record<string, number>> = {
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  GroupCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
};

interface MetadataAnswer {
  readonly brokers: readonly BrokerAddress[];
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly isInternal?: boolean;
    readonly partitionMetadata: readonly { readonly partitionErrorCode: number; readonly partitionId: number; readonly leader: number }[];
  }[];
}
interface ListOffsetsAnswer {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly offset: string }[];
  }[];
}
interface CoordinatorAnswer {
  readonly errorCode: number;
  readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number };
}
interface ProducerIdAnswer {
  readonly errorCode: number;
  readonly producerId: string;
  readonly producerEpoch: number;
}

function topicOf({ topic, topicErrorCode, isInternal, partitionMetadata }: MetadataAnswer["topicMetadata"][number]): TopicMetadata {
  return {
    topic,
    id: undefined,
    isInternal: isInternal ?? false,
    error: topicError(topicErrorCode, topic),
    partitions: partitionMetadata
      .map(({ partitionId, leader }) => ({ partition: partitionId, leader }))
      .sort((one, other) => one.partition - other.partition),
  };
}

function expired(doing: string, limitMs: number): KafkaError {
  return new KafkaError(`No answer within ${limitMs} ms while ${doing}. The connection is given up and the request made again.`, {
    type: "TIMEOUT",
    code: "SPILLWAY_KAFKA_UNREACHABLE",
    failureClass: "transient",
  });
}
