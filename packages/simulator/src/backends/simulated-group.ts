import { SpillwayError, type FencingToken, type PartitionId } from "@spillway/spec";
import type { SimulatedLog } from "./simulated-log.ts";

/** What a member tells its group. */
export interface Beat {
  /** The number of its process. */
  readonly member: number;
  /** Grows with each beat of a member: an older one that arrives late is not listened to. */
  readonly turn: number;
  /** Whether it takes partitions at all: not when it is about to leave. */
  readonly takes: boolean;
  readonly holds: ReadonlyMap<PartitionId, FencingToken>;
}

/** What the group answers. */
export interface Answer {
  readonly given: readonly Given[];
  /** To be given back. */
  readonly wanted: readonly PartitionId[];
  /** Held by mistake: somebody else has them, or nobody. */
  readonly lost: readonly PartitionId[];
}

/** A partition that a member has now. */
export interface Given {
  readonly partition: PartitionId;
  readonly token: FencingToken;
  readonly takeover: "clean" | "unclean";
  readonly isChild: boolean;
}

interface Member {
  heardAtMs: number;
  turn: number;
  takes: boolean;
}

interface Share {
  owner: number | undefined;
  token: FencingToken;
  /** Whether its last owner has given it back. */
  clean: boolean;
  takeover: "clean" | "unclean";
  finished: boolean;
}

/** The number that no process has. */
const thief = -1;

/** A consumer group as a provider keeps it: who lives is known by their beats, partitions are shared out evenly, and moved by asking for them first. */
export class SimulatedGroup {
  readonly sessionMs: number;
  readonly #log: SimulatedLog;
  readonly #nowMs: () => number;
  readonly #members = new Map<number, Member>();
  readonly #shares = new Map<PartitionId, Share>();

  constructor(log: SimulatedLog, sessionMs: number, nowMs: () => number) {
    this.#log = log;
    this.sessionMs = sessionMs;
    this.#nowMs = nowMs;
  }

  /** A member says that it lives, and what it holds. */
  beat({ member, turn, takes, holds }: Beat): Answer {
    const known = this.#members.get(member);
    if (known !== undefined && turn <= known.turn) return { given: [], wanted: [], lost: [] };
    this.#members.set(member, { heardAtMs: this.#nowMs(), turn, takes });
    this.#expire();
    const readable = this.#readable();
    const { most, isShort } = this.#fairShare(readable.length, member);
    const own = readable.filter(([, share]) => share.owner === member);
    // What it was given and does not name is what it never heard of, or has done with.
    if (!takes) for (const [id, share] of own) if (!holds.has(id)) this.#free(share, true);
    if (takes && isShort) for (const [id] of readable) if (this.#count(member) < most) this.#give(id, member);
    const given = takes
      ? readable.flatMap(([id, share]) => (share.owner === member && !holds.has(id) ? [this.#given(id, share)] : []))
      : [];
    const lost = [...holds].flatMap(([id, token]) =>
      this.#shares.get(id)?.owner === member && this.#shares.get(id)?.token === token ? [] : [id],
    );
    return { given, lost, wanted: takes ? own.slice(most).map(([id]) => id) : [...holds.keys()] };
  }

  /** A member gives a partition back. Throws when it is not its any more. */
  release(member: number, id: PartitionId, token: FencingToken, how: "drained" | "finished"): void {
    const share = this.#shares.get(id);
    if (share?.owner === undefined && share?.token === token && share.clean) return;
    if (share?.owner !== member || share.token !== token)
      throw new SpillwayError(`${id} is not held with token ${token}`, { code: "SPILLWAY_LEASE_LOST" });
    share.finished ||= how === "finished";
    this.#free(share, true);
  }

  /** Gives an owned partition to somebody who never does anything with it, and who is gone at the next look. Undefined when none is owned. */
  steal(number: number): { readonly partition: PartitionId; readonly token: FencingToken } | undefined {
    const owned = [...this.#shares].filter(([, { owner, finished }]) => owner !== undefined && !finished);
    const found = owned[number % Math.max(1, owned.length)];
    if (found === undefined) return undefined;
    const [partition, share] = found;
    share.owner = thief;
    share.token = (share.token + 1) as FencingToken;
    return { partition, token: share.token };
  }

  #expire(): void {
    const sinceMs = this.#nowMs() - this.sessionMs;
    for (const [number, { heardAtMs }] of this.#members) if (heardAtMs < sinceMs) this.#members.delete(number);
    for (const share of this.#shares.values()) if (share.owner !== undefined && !this.#members.has(share.owner)) this.#free(share, false);
  }

  /** The partitions that may be read now: not finished, and their parents are. */
  #readable(): readonly (readonly [PartitionId, Share])[] {
    const readable: (readonly [PartitionId, Share])[] = [];
    for (const { id, parents } of this.#log.partitions.values()) {
      let share = this.#shares.get(id);
      if (share === undefined) {
        share = { owner: undefined, token: 0 as FencingToken, clean: true, takeover: "clean", finished: false };
        this.#shares.set(id, share);
      }
      if (!share.finished && parents.every((parent) => this.#shares.get(parent)?.finished === true)) readable.push([id, share]);
    }
    return readable;
  }

  /** The most partitions that a member may have, and whether it has fewer than all should. */
  #fairShare(partitions: number, member: number): { readonly most: number; readonly isShort: boolean } {
    const takers = [...this.#members].filter(([, { takes }]) => takes).map(([number]) => number);
    if (takers.length === 0) return { most: 0, isShort: false };
    const least = Math.floor(partitions / takers.length);
    const someoneIsPoor = takers.some((taker) => taker !== member && this.#count(taker) < least);
    const most = someoneIsPoor ? Math.max(1, least) : Math.ceil(partitions / takers.length);
    return { most, isShort: this.#count(member) < most };
  }

  #count(member: number): number {
    let count = 0;
    for (const { owner, finished } of this.#shares.values()) if (owner === member && !finished) count++;
    return count;
  }

  #give(id: PartitionId, member: number): void {
    const share = this.#shares.get(id) as Share;
    if (share.owner !== undefined) return;
    share.owner = member;
    share.token = (share.token + 1) as FencingToken;
    share.takeover = share.clean ? "clean" : "unclean";
    share.clean = false;
  }

  #free(share: Share, clean: boolean): void {
    share.owner = undefined;
    share.clean = clean;
  }

  #given(partition: PartitionId, { token, takeover }: Share): Given {
    return { partition, token, takeover, isChild: (this.#log.partitions.get(partition)?.parents.length ?? 0) > 0 };
  }
}
