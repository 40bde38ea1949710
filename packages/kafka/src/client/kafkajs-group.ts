import type { CallOptions } from "@spillway/spec";
import { byTopic } from "./by-topic.ts";
import { check } from "./check-answer.ts";
import type { CommittedOffset, KafkaPort } from "./kafka-port.ts";

type GroupCalls = Pick<KafkaPort, "joinGroup" | "syncGroup" | "heartbeat" | "leaveGroup" | "commit" | "committed">;

/** Makes one call of this name at a broker, which may take that long. */
type Call = <T>(broker: number, name: string, parameters: object, options: CallOptions, limitMs?: number) => Promise<T>;

// Soon enough that a second heartbeat, on a new connection, still comes within the session.
const heartbeatLimitMs = 4_000;
// Members wait here for the leader, which may have to look for offsets first.
const syncLimitMs = 30_000;
const networkMs = 5_000;
const memberIdRequired = 79;

/** The calls of a group's members. */
export function groupCalls(call: Call): GroupCalls {
  return {
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
  };
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
