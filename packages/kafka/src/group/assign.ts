import type { PartitionId } from "@spillway/spec";
import type { TopicPartition } from "../client/kafka-port.ts";
import { partitionId } from "../partition-id.ts";
import type { Subscription } from "./member-messages.ts";

/** A member as the leader sees it. */
export interface Member extends Subscription {
  readonly memberId: string;
}

/** What each member gets. A partition that must move is given to nobody until its owner has given it back. */
export type Assignments = ReadonlyMap<string, readonly TopicPartition[]>;

/**
 * Shares partitions out: everybody keeps what it has, what nobody has goes to whoever has the fewest, and then single partitions move until nobody
 * has two more than another. Same input, same answer, whoever is the leader.
 */
export function assign(members: readonly Member[], partitions: readonly TopicPartition[]): Assignments {
  const sorted = [...members].sort((one, other) => (one.memberId < other.memberId ? -1 : 1));
  const claims = claimsOf(sorted);
  const takers = sorted
    .filter((member) => !member.stopping)
    .map((member) => ({ member, topics: new Set(member.topics), has: [] as TopicPartition[] }));

  // A partition that its owner gives back is not kept by it, or it would be handed to and fro.
  const orphans: TopicPartition[] = [];
  for (const partition of partitions) {
    const claim = claims.get(partitionId(partition));
    const owner = claim?.how === "owned" ? takers.find(({ member }) => member.memberId === claim.memberId) : undefined;
    if (owner?.topics.has(partition.topic) === true) owner.has.push(partition);
    else orphans.push(partition);
  }
  for (const partition of orphans) {
    const drainer = claims.get(partitionId(partition))?.memberId;
    const eligible = takers.filter(({ topics }) => topics.has(partition.topic));
    const others = eligible.filter(({ member }) => member.memberId !== drainer);
    fewest(others.length === 0 ? eligible : others)?.has.push(partition);
  }
  balance(takers);

  return new Map(
    sorted.map(({ memberId }) => {
      const has = takers.find(({ member }) => member.memberId === memberId)?.has ?? [];
      return [memberId, has.filter((partition) => isFreeFor(memberId, claims.get(partitionId(partition))))];
    }),
  );
}

interface Claim {
  readonly memberId: string;
  readonly generation: number;
  readonly how: "owned" | "draining";
}

interface Taker {
  readonly member: Member;
  readonly topics: ReadonlySet<string>;
  readonly has: TopicPartition[];
}

/** Who says that it reads a partition; of two, the one that knows the newer generation. */
function claimsOf(members: readonly Member[]): ReadonlyMap<PartitionId, Claim> {
  const claims = new Map<PartitionId, Claim>();
  for (const { memberId, generation, owned, draining } of members) {
    for (const [how, list] of [
      ["owned", owned],
      ["draining", draining],
    ] as const) {
      for (const partition of list) {
        const id = partitionId(partition);
        if ((claims.get(id)?.generation ?? -2) < generation) claims.set(id, { memberId, generation, how });
      }
    }
  }
  return claims;
}

function isFreeFor(memberId: string, claim: Claim | undefined): boolean {
  return claim === undefined || (claim.memberId === memberId && claim.how === "owned");
}

/** Each move narrows the gap, so there are fewer moves than partitions. */
function balance(takers: readonly Taker[]): void {
  for (;;) {
    const move = takers
      .flatMap((from) => takers.map((to) => ({ from, to })))
      .filter(({ from, to }) => from.has.length >= to.has.length + 2)
      .map(({ from, to }) => ({ from, to, index: from.has.findLastIndex(({ topic }) => to.topics.has(topic)) }))
      .filter(({ index }) => index >= 0)
      .sort((one, other) => other.from.has.length - other.to.has.length - (one.from.has.length - one.to.has.length))[0];
    if (move === undefined) return;
    move.to.has.push(...move.from.has.splice(move.index, 1));
  }
}

function fewest(takers: readonly Taker[]): Taker | undefined {
  return takers.reduce<Taker | undefined>(
    (best, taker) => (best === undefined || taker.has.length < best.has.length ? taker : best),
    undefined,
  );
}
