import kafkajs from "kafkajs";
import type { TopicPartition } from "../client/kafka-port.ts";

// Node sees only some of kafkajs's exports by their names.
const { AssignerProtocol } = kafkajs;

/** What a member tells the leader when it joins. */
export interface Subscription {
  readonly topics: readonly string[];
  /** Partitions that it reads and could go on with. */
  readonly owned: readonly TopicPartition[];
  /** Partitions that it is giving back and has not finished with. */
  readonly draining: readonly TopicPartition[];
  /** The last generation whose assignment it has: the newest claim counts. */
  readonly generation: number;
  /** Whether it wants no more partitions. */
  readonly stopping: boolean;
}

/** What the leader tells a member. */
export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  /** Where to begin in partitions of which the group knows no offset. */
  readonly starts: readonly (TopicPartition & { readonly offset: number })[];
}

type ByTopic = Readonly<Record<string, readonly number[]>>;

/** Packs a subscription in Kafka's consumer protocol, so that its tools show the group; what is ours is in the user data. */
export function encodeSubscription(subscription: Subscription): Buffer {
  const { owned, draining, generation, stopping } = subscription;
  const userData = Buffer.from(JSON.stringify({ v: 1, owned: group(owned), draining: group(draining), generation, stopping }));
  return AssignerProtocol.MemberMetadata.encode({ version: 0, topics: [...subscription.topics], userData });
}

/** Reads a subscription; one without our user data claims nothing. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const decoded = AssignerProtocol.MemberMetadata.decode(bytes);
  const data = parse<{ owned: ByTopic; draining: ByTopic; generation: number; stopping: boolean }>(decoded?.userData);
  return {
    topics: decoded?.topics ?? [],
    owned: ungroup(data?.owned ?? {}),
    draining: ungroup(data?.draining ?? {}),
    generation: data?.generation ?? -1,
    stopping: data?.stopping ?? false,
  };
}

/** Packs an assignment in Kafka's consumer protocol. */
export function encodeAssignment({ partitions, starts }: MemberAssignment): Buffer {
  const offsets = starts.map(({ topic, partition, offset }) => [topic, partition, offset]);
  const assignment = Object.fromEntries(Object.entries(group(partitions)).map(([topic, numbers]) => [topic, [...numbers]]));
  return AssignerProtocol.MemberAssignment.encode({
    version: 0,
    assignment,
    userData: Buffer.from(JSON.stringify({ v: 1, starts: offsets })),
  });
}

/** Reads an assignment; an empty one is what a member gets that the leader has not counted. */
export function decodeAssignment(bytes: Buffer): MemberAssignment {
  const decoded = bytes.length === 0 ? null : AssignerProtocol.MemberAssignment.decode(bytes);
  const data = parse<{ starts: readonly [string, number, number][] }>(decoded?.userData);
  return {
    partitions: ungroup(decoded?.assignment ?? {}),
    starts: (data?.starts ?? []).map(([topic, partition, offset]) => ({ topic, partition, offset })),
  };
}

function group(partitions: readonly TopicPartition[]): ByTopic {
  const topics: Record<string, number[]> = {};
  for (const { topic, partition } of partitions) (topics[topic] ??= []).push(partition);
  return topics;
}

function ungroup(topics: ByTopic): readonly TopicPartition[] {
  return Object.entries(topics).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));
}

/** Another program's user data is nobody's claim. */
function parse<T>(userData: Buffer | null | undefined): T | undefined {
  if (userData === null || userData === undefined || userData.length === 0) return undefined;
  try {
    const value = JSON.parse(userData.toString()) as { v?: unknown };
    return value.v === 1 ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
