import type { CallOptions } from "@spillway/spec";
import type { Kafka } from "kafkajs";
import { abortable, bounded } from "./abortable.ts";
import { byTopic } from "./by-topic.ts";
import { check, failure } from "./check-answer.ts";
import { answered, KafkaError, thrown } from "./kafka-error.ts";
import type { CommittedOffset, KafkaPort, OffsetAnswer, TopicMetadata } from "./kafka-port.ts";
import { brokerConnections } from "./broker-connections.ts";
import { rawRequest, requests, type KafkajsBroker, type KafkajsCall } from "./kafkajs-internals.ts";
import { transactionCalls } from "./kafkajs-transactions.ts";
import { storedAt } from "./stored-at.ts";
import { produceBody, readProduceAnswer } from "../wire/produce.ts";
import { readFetchAnswer } from "../wire/fetch.ts";

const fetchApi = { key: 1, version: 11 };
const produceApi = { key: 0, version: 7 };
/** How long a broker may take to answer before its connection counts as dead: a router that forgot it says nothing. */
const callLimitMs = 10_000;
// Soon enough that a second heartbeat, on a new connection, still comes within the session.
const heartbeatLimitMs = 4_000;
// Members wait here for the leader, which may have to look for offsets first.
const syncLimitMs = 30_000;
const networkMs = 5_000;
const memberIdRequired = 79;

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

  async function raw<T>(
    node: number,
    api: { readonly key: number; readonly version: number; readonly name: string },
    body: Buffer,
    limitMs: number,
    read: (payload: Buffer) => T,
    options: CallOptions,
  ): Promise<T> {
    const doing = `asking for ${api.name}`;
    const broker = await reach(node, doing, options);
    if ((broker.versions[api.key]?.maxVersion ?? 0) < api.version) throw answered("UNSUPPORTED_VERSION", doing, false);
    const request = rawRequest(api.key, api.version, api.name, body);
    const response = { decode: (payload: Buffer) => Promise.resolve(read(payload)), parse: (decoded: unknown) => Promise.resolve(decoded) };
    return (await send(broker, { request, response, requestTimeout: limitMs }, doing, limitMs, options)) as T;
  }

  return {
    async metadata(topics, options) {
      const answer = await call<MetadataAnswer>("any", "Metadata", { topics: topics ?? [], allowAutoTopicCreation: false }, options);
      connections.learn(answer.brokers);
      return answer.topicMetadata.map(topicOf);
    },

    fetch(broker, request, options) {
      const { body, read } = readFetchAnswer(request);
      // The broker itself waits up to maxWaitMs before it answers.
      return raw(broker, { ...fetchApi, name: "Fetch" }, body, request.maxWaitMs + callLimitMs, read, options);
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

    async joinGroup(broker, { groupId, memberId, sessionTimeoutMs, rebalanceTimeoutMs, protocol, metadata }, options) {
      const join = (id: string): Promise<JoinAnswer> =>
        call<JoinAnswer>(
          broker,
          "JoinGroup",
          {
            groupId,
            memberId: id,
            sessionTimeout: sessionTimeoutMs,
            rebalanceTimeout: rebalanceTimeoutMs,
            protocolType: "consumer",
            groupProtocols: [{ name: protocol, metadata }],
          },
          options,
          // The coordinator answers when all members have joined, or their time is over.
          rebalanceTimeoutMs + networkMs,
        );
      let answer = await join(memberId);
      // A new member is first given its id, so that a join whose answer is lost leaves no ghost behind.
      if (answer.errorCode === memberIdRequired) answer = await join(answer.memberId);
      check(answer.errorCode, `joining group ${groupId}`);
      return {
        generation: answer.generationId,
        memberId: answer.memberId,
        leaderId: answer.leaderId,
        members: answer.members.map((member) => ({ memberId: member.memberId, metadata: member.memberMetadata })),
      };
    },

    async syncGroup(broker, groupId, stamp, assignments, options) {
      const groupAssignment = assignments.map(({ memberId, assignment }) => ({ memberId, memberAssignment: assignment }));
      const parameters = { groupId, generationId: stamp.generation, memberId: stamp.memberId, groupAssignment };
      const answer = await call<{ errorCode: number; memberAssignment: Buffer }>(broker, "SyncGroup", parameters, options, syncLimitMs);
      check(answer.errorCode, `the assignment of group ${groupId}`);
      return answer.memberAssignment;
    },

    async heartbeat(broker, groupId, stamp, options) {
      const parameters = { groupId, groupGenerationId: stamp.generation, memberId: stamp.memberId };
      const answer = await call<{ errorCode: number }>(broker, "Heartbeat", parameters, options, heartbeatLimitMs);
      check(answer.errorCode, `a heartbeat in group ${groupId}`);
    },

    async leaveGroup(broker, groupId, memberId, options) {
      const parameters = { groupId, memberId, members: [{ memberId }] };
      check((await call<{ errorCode: number }>(broker, "LeaveGroup", parameters, options)).errorCode, `leaving group ${groupId}`);
    },

    async commit(broker, groupId, stamp, commits, options) {
      const topics = byTopic(commits).map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
      }));
      const parameters = { groupId, groupGenerationId: stamp.generation, memberId: stamp.memberId, topics };
      const answer = await call<CommitAnswer>(broker, "OffsetCommit", parameters, options);
      for (const { topic, partitions } of answer.responses) {
        for (const { partition, errorCode } of partitions) check(errorCode, `the offset of ${topic}-${partition} in group ${groupId}`);
      }
    },

    async committed(broker, groupId, partitions, options) {
      const topics = byTopic(partitions).map((one) => ({
        topic: one.topic,
        partitions: one.partitions.map(({ partition }) => ({ partition })),
      }));
      const answer = await call<CommittedAnswer>(broker, "OffsetFetch", { groupId, topics }, options);
      check(answer.errorCode, `the question for the offsets of group ${groupId}`);
      return answer.responses.flatMap(({ topic, partitions: some }) =>
        some.map(({ partition, offset, metadata, errorCode }): CommittedOffset => {
          check(errorCode, `the question for the offset of ${topic}-${partition} in group ${groupId}`);
          return { topic, partition, offset: Number(offset) < 0 ? undefined : Number(offset), metadata: metadata ?? "" };
        }),
      );
    },

    async initProducerId(options) {
      const answer = await call<ProducerIdAnswer>("any", "InitProducerId", { transactionalId: null, transactionTimeout: 60_000 }, options);
      check(answer.errorCode, "the question for a producer id");
      return { producerId: BigInt(answer.producerId), epoch: answer.producerEpoch };
    },

    ...transactionCalls(call),

    async produce(broker, request, options) {
      const api = { ...produceApi, name: "Produce" };
      const answers = await raw(broker, api, produceBody(request), request.timeoutMs + networkMs, readProduceAnswer, options);
      return storedAt(request, answers);
    },

    keepAlive: connections.keepAlive,
    close: connections.close,
  };
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
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
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
interface JoinAnswer {
  readonly errorCode: number;
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}
interface CommitAnswer {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}
interface CommittedAnswer {
  readonly errorCode: number;
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly offset: string;
      readonly metadata: string | null;
      readonly errorCode: number;
    }[];
  }[];
}
interface ProducerIdAnswer {
  readonly errorCode: number;
  readonly producerId: string;
  readonly producerEpoch: number;
}

function topicOf({ topic, topicErrorCode, isInternal, partitionMetadata }: MetadataAnswer["topicMetadata"][number]): TopicMetadata {
  return {
    topic,
    isInternal: isInternal ?? false,
    // A topic without a leader for the moment is there: its partitions say so.
    error: topicErrorCode === 0 || topicErrorCode === 5 ? undefined : failure(topicErrorCode, `the question for topic ${topic}`),
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
