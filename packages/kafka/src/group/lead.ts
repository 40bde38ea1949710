import type { CallOptions, StartPosition } from "@spillway/spec";
import type { JoinedGroup, KafkaPort, TopicPartition } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { partitionId } from "../partition-id.ts";
import { assign, type Member } from "./assign.ts";
import type { Coordinator } from "./coordinator.ts";
import { decodeSubscription, encodeAssignment } from "./member-messages.ts";
import { startOffsets, type PartitionStart } from "./start-offsets.ts";

/** What leading stands on. */
export interface LeadContext {
  readonly port: KafkaPort;
  readonly coordinator: Coordinator;
  readonly directory: TopicDirectory;
  readonly groupId: string;
  readonly start: StartPosition;
  readonly warn: (message: string) => void;
}

/**
 * Shares all partitions out among the members that joined. The leader also says where to begin in partitions of which the group knows no offset: only
 * it sees, before anybody commits, whether the whole topic is new to the group or just the partition.
 */
export async function lead(
  context: LeadContext,
  joined: JoinedGroup,
  options: CallOptions,
): Promise<readonly { readonly memberId: string; readonly assignment: Buffer }[]> {
  const { directory } = context;
  const members = joined.members.map(({ memberId, metadata }): Member => ({ memberId, ...decodeSubscription(metadata) }));
  const wanted = new Set(members.flatMap(({ topics }) => topics));
  const partitions = directory
    .topics()
    .filter(({ topic }) => wanted.has(topic))
    .flatMap(({ topic, partitions: some }) => some.map(({ partition }): TopicPartition => ({ topic, partition })));
  const assignments = assign(members, partitions);
  const starts = await startsFor(context, members, partitions, options);
  return [...assignments].map(([memberId, given]) => ({
    memberId,
    assignment: encodeAssignment({
      partitions: given,
      starts: starts.filter((one) => given.some((at) => partitionId(at) === partitionId(one))),
    }),
  }));
}

async function startsFor(
  { port, coordinator, directory, groupId, start, warn }: LeadContext,
  members: readonly Member[],
  partitions: readonly TopicPartition[],
  options: CallOptions,
): Promise<readonly PartitionStart[]> {
  const owned = new Set(members.flatMap((member) => [...member.owned, ...member.draining]).map(partitionId));
  const unowned = new Set(partitions.filter((partition) => !owned.has(partitionId(partition))).map(({ topic }) => topic));
  const asked = partitions.filter(({ topic }) => unowned.has(topic));
  if (asked.length === 0) return [];
  try {
    const committed = await coordinator.call((broker) => port.committed(broker, groupId, asked, options), options);
    return await startOffsets(port, directory, committed, start, options);
  } catch (error) {
    if (options.signal.aborted) throw error;
    // Each member then finds out for itself: right too, unless some of them start at "latest" at the same moment.
    warn(`The leader of group ${groupId} could not find out where to begin: ${String(error)}`);
    return [];
  }
}
