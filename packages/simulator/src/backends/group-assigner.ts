import {
  SpillwayError,
  type Assigner,
  type Cancel,
  type FencingToken,
  type Lease,
  type PartitionId,
  type StartPosition,
} from "@spillway/spec";
import type { Network } from "../faults/network.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Referee } from "../referee/referee.ts";
import type { Answer, Given, SimulatedGroup } from "./simulated-group.ts";

/** What a process takes part in its group with. */
export interface GroupAssignerOptions {
  readonly group: SimulatedGroup;
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly referee: Referee;
}

interface Held {
  readonly token: FencingToken;
  readonly drain: AbortController;
  readonly lost: AbortController;
  /** It is being given back: what the group says of it meanwhile may come from before or after that. */
  releasing: boolean;
}

/** The group as one process takes part in it: it beats, is given partitions, is asked for them, and takes them for lost when its beats are not answered. */
export function groupAssigner(options: GroupAssignerOptions): Assigner {
  return {
    leases: ({ start, signal }) => ({
      [Symbol.asyncIterator]: () => new GroupMember(options, start, signal),
    }),
  };
}

class GroupMember implements AsyncIterator<Lease> {
  readonly #options: GroupAssignerOptions;
  readonly #start: StartPosition;
  readonly #signal: AbortSignal;
  readonly #held = new Map<PartitionId, Held>();
  readonly #gained: Lease[] = [];
  #wake: () => void = nothing;
  #turn = 0;
  #cancelExpiry: Cancel = nothing;

  constructor(options: GroupAssignerOptions, start: StartPosition, signal: AbortSignal) {
    this.#options = options;
    this.#start = start;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    void this.#beatOnAndOn();
  }

  async next(): Promise<IteratorResult<Lease, undefined>> {
    for (;;) {
      const lease = this.#signal.aborted ? undefined : this.#gained.shift();
      if (lease !== undefined) return { done: false, value: lease };
      if (this.#signal.aborted) {
        for (const { partition } of this.#gained.splice(0)) this.#held.delete(partition);
        return { done: true, value: undefined };
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async #beatOnAndOn(): Promise<void> {
    const { process, group } = this.#options;
    while (process.alive) {
      await this.#beat();
      // The last beat says that it takes nothing any more; after that there is nothing to say.
      if (this.#signal.aborted && this.#held.size === 0) break;
      await new Promise<void>((resolve) => void process.clock.schedule(group.sessionMs / 6, resolve));
    }
    this.#cancelExpiry();
  }

  async #beat(): Promise<void> {
    const { group, process, network } = this.#options;
    const beat = {
      member: process.number,
      turn: ++this.#turn,
      takes: !this.#signal.aborted,
      holds: new Map([...this.#held].map(([id, { token }]) => [id, token])),
    };
    // Counted from when it was sent, and by timers, which a clock that is set does not change.
    const cancelExpiry = process.clock.schedule(group.sessionMs * 0.8, () => this.#loseAll());
    const patience = new AbortController();
    const cancelPatience = process.clock.schedule(group.sessionMs / 3, () => patience.abort(new Error("the beat was not answered")));
    try {
      const answer = await network.call({
        process,
        point: "group.beat",
        signal: patience.signal,
        about: () => `beat ${beat.turn}, holding ${[...beat.holds.keys()].join(", ") || "nothing"},`,
        effect: () => group.beat(beat),
      });
      this.#cancelExpiry();
      this.#cancelExpiry = cancelExpiry;
      this.#apply(answer, beat.holds);
    } catch {
      cancelExpiry();
    } finally {
      cancelPatience();
    }
  }

  #apply({ given, wanted, lost }: Answer, told: ReadonlyMap<PartitionId, FencingToken>): void {
    const { referee, process } = this.#options;
    for (const id of lost) {
      const held = this.#held.get(id);
      if (held?.releasing === false && held.token === told.get(id)) this.#lose(id, "the group has given it to another member");
    }
    for (const id of wanted) {
      const held = this.#held.get(id);
      if (held === undefined || held.token !== told.get(id) || held.drain.signal.aborted) continue;
      referee.viewOf(process).disturbed = true;
      held.drain.abort(new SpillwayError(`the group asks for ${id}`, { code: "SPILLWAY_HAND_OVER" }));
    }
    if (this.#signal.aborted) return;
    for (const each of given) if (!this.#held.has(each.partition)) this.#gain(each);
    this.#wake();
  }

  #gain({ partition, token, takeover, isChild }: Given): void {
    const held: Held = { token, drain: new AbortController(), lost: new AbortController(), releasing: false };
    this.#held.set(partition, held);
    this.#gained.push({
      partition,
      token,
      takeover,
      start: isChild ? { at: "earliest" } : this.#start,
      drain: held.drain.signal,
      lost: held.lost.signal,
      release: (how, { signal }) => this.#release(partition, held, how, signal),
    });
  }

  async #release(id: PartitionId, held: Held, how: "drained" | "finished", signal: AbortSignal): Promise<void> {
    const { group, process, network } = this.#options;
    held.releasing = true;
    try {
      while (!held.lost.signal.aborted) {
        signal.throwIfAborted();
        const patience = AbortSignal.any([signal, held.lost.signal]);
        const call = network.call({
          process,
          point: "group.release",
          signal: patience,
          about: () => `giving ${id} back, ${how},`,
          effect: () => group.release(process.number, id, held.token, how),
        });
        const outcome = await call.then(
          () => undefined,
          (error: unknown) => error,
        );
        if (outcome === undefined) return;
        if (outcome instanceof SpillwayError && outcome.code === "SPILLWAY_LEASE_LOST") throw outcome;
        await new Promise<void>((resolve) => void process.clock.schedule(200, resolve));
      }
      throw new SpillwayError(`${id} was lost`, { code: "SPILLWAY_LEASE_LOST" });
    } finally {
      if (this.#held.get(id) === held) this.#held.delete(id);
    }
  }

  #loseAll(): void {
    for (const id of [...this.#held.keys()]) this.#lose(id, "its beats were not answered");
  }

  #lose(id: PartitionId, why: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    const { referee, process } = this.#options;
    const error = new SpillwayError(`${id} is lost: ${why}`, { code: "SPILLWAY_LEASE_LOST" });
    const view = referee.viewOf(process);
    view.disturbed = true;
    view.gone.add(id);
    held.drain.abort(error);
    held.lost.abort(error);
    const at = this.#gained.findIndex(({ partition }) => partition === id);
    if (at >= 0) this.#gained.splice(at, 1);
  }
}

function nothing(): void {
  // There is nothing to cancel, and nobody to wake.
}
