import { setMaxListeners } from "node:events";
import { SpillwayError, type CallOptions, type FencingToken, type PartitionId } from "@spillway/spec";
import { abortable, pause } from "../client/abortable.ts";
import { KafkaError } from "../client/kafka-error.ts";
import type { GroupStamp, JoinedGroup, KafkaPort, TopicPartition } from "../client/kafka-port.ts";
import type { TopicDirectory } from "../client/topic-directory.ts";
import { partitionId } from "../partition-id.ts";
import { acquire } from "./acquire.ts";
import { commitOffset } from "./commit-offset.ts";
import { commitWithOutputs } from "./commit-with-outputs.ts";
import { coordinatorOf } from "./coordinator.ts";
import type { GroupOptions } from "./group-options.ts";
import { leaseLost, type Committed, type HeldLease } from "./held-lease.ts";
import { currentStamp } from "./current-stamp.ts";
import { leaveGroup } from "./leave-group.ts";
import { lead } from "./lead.ts";
import { leaseTable } from "./lease-table.ts";
import { decodeAssignment, encodeSubscription, type MemberAssignment } from "./member-messages.ts";

/** This process as a member of its group. */
export interface GroupMember {
  /**
   * Takes part in the group and hands over each partition that is gained. Resolves when the signal has aborted and everything that was handed over
   * is given back; the group is left then. Rejects only when going on is pointless (fatal).
   */
  run(gained: (lease: HeldLease) => void, options: CallOptions): Promise<void>;
  /** The lease of this token, if it is still ours. */
  find(id: PartitionId, token: FencingToken): HeldLease | undefined;
  /** The lease under which a partition is read now. */
  reading(id: PartitionId): HeldLease | undefined;
  /** Drains a partition whose topic was made anew; when it is given back it is acquired again, in the new topic. */
  renew(id: PartitionId, topicId: string): void;
  /** Commits for a lease, fenced: the broker refuses it when the partition may have another owner. */
  commit(lease: HeldLease, committed: Committed, options: CallOptions): Promise<void>;
  /** Gives a partition back, marked as given back. */
  release(lease: HeldLease, options: CallOptions): Promise<void>;
}

/** All members of a group must speak it; other consumers of a group therefore cannot share it. */
const protocol = "spillway-cooperative";
const patienceMs = 5_000;

/**
 * Makes a member. Rebalances are cooperative: nobody stops for one. A partition that moves is first given to nobody; its owner finishes what it has
 * started and commits, then joins again without it, and only then it is given to the next.
 *
 * `joining` is a port of its own, because a broker answers nothing else on a connection on which a member waits to join.
 */
export function groupMember(port: KafkaPort, joining: KafkaPort, directory: TopicDirectory, options: GroupOptions): GroupMember {
  const { groupId } = options;
  const coordinator = coordinatorOf(port, { groupId });
  const joiningCoordinator = coordinatorOf(joining, { groupId });
  const leases = leaseTable(options.drainTimeoutMs, settleRemoval);
  const ended = new AbortController();
  // Each partition's calls listen to it.
  setMaxListeners(0, ended.signal);
  const everywhere: CallOptions = { signal: ended.signal };
  let memberId = "";
  // Joining has begun already when the group told so first: joining once more would stir up everybody for nothing.
  const stamp = currentStamp(() => {
    if (!isJoining) askToRejoin();
  });
  let assigned: ReadonlyMap<PartitionId, TopicPartition> = new Map();
  let acquiring: { readonly work: Promise<void>; readonly stop: AbortController } | undefined;
  let stopping = false;
  let rejoin = false;
  let isJoining = false;
  let fatal: Error | undefined;
  let isLeader = false;
  let knownPartitions = "";
  let gained: (lease: HeldLease) => void = () => {};
  let wake: () => void = () => {};

  async function join(): Promise<void> {
    await finishAcquiring();
    await directory.refresh(everywhere);
    rejoin = false;
    const topics = directory.topics().map(({ topic }) => topic);
    const metadata = encodeSubscription({
      topics,
      owned: leases.in("held"),
      draining: leases.in("draining"),
      generation: stamp.value?.generation ?? -1,
      stopping,
    });
    const { sessionTimeoutMs, rebalanceTimeoutMs } = options;
    const joined = await joiningCoordinator.call(
      (broker) => joining.joinGroup(broker, { groupId, memberId, sessionTimeoutMs, rebalanceTimeoutMs, protocol, metadata }, everywhere),
      everywhere,
    );
    memberId = joined.memberId;
    isLeader = joined.leaderId === memberId;
    const assignments = isLeader ? await assignAll(joined) : [];
    const mine = await joiningCoordinator.call((broker) => joining.syncGroup(broker, groupId, joined, assignments, everywhere), everywhere);
    apply({ generation: joined.generation, memberId }, decodeAssignment(mine));
  }

  async function assignAll(joined: JoinedGroup): Promise<Awaited<ReturnType<typeof lead>>> {
    knownPartitions = partitionsNow();
    return lead({ port, coordinator, directory, groupId, start: options.start, warn: options.warn }, joined, everywhere);
  }

  function apply(next: GroupStamp, assignment: MemberAssignment): void {
    stamp.set(next);
    assigned = new Map(assignment.partitions.map((partition) => [partitionId(partition), partition]));
    for (const lease of leases.in("held")) {
      if (!assigned.has(lease.id)) leases.drain(lease, `Partition ${lease.id} moves to another member of group ${groupId}.`);
    }
    acquireMissing(assignment.starts);
  }

  function missing(): readonly TopicPartition[] {
    return [...assigned.values()].filter((partition) => !leases.has(partitionId(partition)));
  }

  /** Gets what is assigned and not held yet; tried again as long as the assignment stands. */
  function acquireMissing(starts: MemberAssignment["starts"]): void {
    const at = stamp.value;
    if (missing().length === 0 || at === undefined || stopping || acquiring !== undefined) return;
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, ended.signal]);
    setMaxListeners(0, signal);
    const work = async (): Promise<void> => {
      for (let waitMs = 100; missing().length > 0 && !signal.aborted && stamp.value === at; waitMs = Math.min(waitMs * 2, 2_000)) {
        try {
          const found = await acquire({ port, coordinator, directory, ...options }, at, missing(), starts, { signal });
          for (const lease of leases.add(found, at.generation)) {
            options.transactions?.outputs.open(lease.id);
            gained(lease);
          }
        } catch (error) {
          if (signal.aborted) return;
          if (!(error instanceof SpillwayError) || !error.retryable) throw error;
          if (isOutdated(error)) return askToRejoin();
        }
        if (missing().length > 0) await pause(waitMs, { signal });
      }
    };
    acquiring = {
      stop,
      work: work()
        .catch(give)
        .then(() => {
          acquiring = undefined;
          endIfDone();
        }),
    };
  }

  function give(error: unknown): void {
    fatal = error instanceof Error ? error : new Error(String(error));
    wake();
  }

  function failIfFatal(): void {
    if (fatal !== undefined) throw fatal;
  }

  async function finishAcquiring(): Promise<void> {
    if (acquiring === undefined) return;
    // What is marked as held should come to be held; but the group must not wait for it long.
    const patience = AbortSignal.timeout(patienceMs);
    await abortable(acquiring.work, { signal: AbortSignal.any([patience, ended.signal]) }).catch(() => acquiring?.stop.abort());
    await acquiring?.work;
  }

  function loseAll(why: string): void {
    stamp.set(undefined);
    memberId = "";
    assigned = new Map();
    acquiring?.stop.abort();
    leases.loseAll(why);
  }

  function settleRemoval(id: PartitionId): void {
    options.transactions?.outputs.close(id);
    if (stopping) return endIfDone();
    if (assigned.has(id)) {
      // Given back while it was ours to read, or assigned again while it was being given back: it is offered again, but not in a hurry.
      void pause(200, everywhere).then(() => acquireMissing([]));
    } else if (leases.in("draining").length === 0) askToRejoin();
  }

  function endIfDone(): void {
    if (stopping && leases.size === 0 && acquiring === undefined) ended.abort(new Error("The group was left."));
  }

  function askToRejoin(): void {
    rejoin = true;
    wake();
  }

  /** Stays in the group until it must be joined again. */
  async function stay(): Promise<void> {
    let refreshedMs = performance.now();
    while (!rejoin && !ended.signal.aborted) {
      failIfFatal();
      await Promise.race([
        pause(options.heartbeatIntervalMs, everywhere),
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
      ]);
      failIfFatal();
      if (rejoin || stamp.value === undefined || ended.signal.aborted) return;
      const current = stamp.value;
      await joiningCoordinator.call((broker) => joining.heartbeat(broker, groupId, current, everywhere), everywhere);
      if (performance.now() - refreshedMs < options.metadataMaxAgeMs) continue;
      refreshedMs = performance.now();
      await directory.refresh(everywhere);
      // New partitions, or new topics that a pattern matches, are shared out by the leader.
      if (isLeader && partitionsNow() !== knownPartitions) rejoin = true;
    }
  }

  function partitionsNow(): string {
    return directory
      .topics()
      .map(({ topic, partitions }) => `${topic} ${partitions.length}`)
      .sort()
      .join(",");
  }

  /** An error that says: the group has moved on to another generation. */
  function isOutdated(error: unknown): boolean {
    if (error instanceof KafkaError && error.type === "UNKNOWN_MEMBER_ID") {
      loseAll("the group went on without this member, which had not been heard of in time");
      return true;
    }
    return error instanceof KafkaError && (error.type === "ILLEGAL_GENERATION" || error.type === "REBALANCE_IN_PROGRESS");
  }

  return {
    async run(onGained, { signal }) {
      gained = onGained;
      const stop = (): void => {
        stopping = true;
        // What is being marked as held is marked as free again; but a stop must not wait long for it.
        setTimeout(() => acquiring?.stop.abort(), patienceMs).unref();
        endIfDone();
      };
      if (signal.aborted) return;
      signal.addEventListener("abort", stop, { once: true });
      try {
        await directory.start({ signal });
        for (let waitMs = 50; !ended.signal.aborted; ) {
          try {
            isJoining = true;
            await join().finally(() => {
              isJoining = false;
            });
            waitMs = 50;
            await stay();
          } catch (error) {
            if (ended.signal.aborted) break;
            const isRebalance = isOutdated(error);
            if (!isRebalance && !(error instanceof SpillwayError && error.retryable)) throw error;
            await pause(isRebalance ? 10 : waitMs, everywhere);
            waitMs = Math.min(waitMs * 2, 1_000);
          }
        }
      } catch (error) {
        const leaving = memberId;
        loseAll("the group cannot be taken part in any more");
        // It is a member still: the others get its partitions when it leaves, and not only when its session is over.
        memberId = leaving;
        if (!signal.aborted) throw error;
      } finally {
        signal.removeEventListener("abort", stop);
        ended.abort(new Error("The group was left."));
        await acquiring?.work;
        const patience: CallOptions = { signal: AbortSignal.timeout(patienceMs) };
        if (memberId !== "") await leaveGroup({ port, coordinator, warn: options.warn }, groupId, memberId, patience);
      }
    },
    find: leases.find,
    reading,
    renew(id, topicId) {
      const lease = reading(id);
      if (lease?.committed.metadata.topicId !== topicId) return;
      leases.drain(lease, `Topic "${lease.topic}" was made anew: partition ${id} is read from the beginning.`);
    },
    commit,
    async release(lease, callOptions) {
      if (lease.status === "gone") throw leaseLost(lease.id, "it was lost before it was given back");
      const { offset, metadata } = lease.committed;
      try {
        await commit(lease, { offset, metadata: { ...metadata, held: false } }, callOptions);
      } finally {
        leases.remove(lease);
      }
    },
  };

  function reading(id: PartitionId): HeldLease | undefined {
    return leases.in("held").find((lease) => lease.id === id);
  }

  function commit(lease: HeldLease, committed: Committed, callOptions: CallOptions): Promise<void> {
    if (options.transactions !== undefined && lease.transactions !== undefined) {
      const { transactions } = options;
      return commitWithOutputs({ transactions, lose: leases.lose, fail: give }, lease, lease.transactions, committed, callOptions);
    }
    const context = { port, coordinator, groupId, stamp: () => stamp.value, changed: stamp.changed, outdated: isOutdated };
    return commitOffset(context, lease, committed, callOptions);
  }
}
