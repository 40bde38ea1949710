import type { SimulatedLog, SimulatedPartition } from "../backends/simulated-log.ts";
import type { Findings } from "./findings.ts";
import type { Register } from "./register.ts";
import type { Unit } from "./unit.ts";

/** What an isolation watch goes by. */
export interface IsolationWatchOptions {
  readonly register: Register;
  readonly log: SimulatedLog;
  readonly findings: Findings;
  /** The numbers of the messages that fail until everything outside of their lanes has ended. */
  readonly stubborn: ReadonlySet<number>;
  readonly maxInFlight: number;
  readonly maxBytesInFlight: number | undefined;
  /** When the last fault strikes: from then on nothing but those messages fails for long. */
  readonly calmAtMs: number;
  /** Called when the rest has ended while they failed. */
  readonly onProved: () => void;
}

/** How long after the last fault everything else must have ended. */
const patienceMs = 5 * 60_000;

/**
 * Holds engines to this: a failing message holds its own lane and nothing else. Some messages go on failing, with long waits between their attempts, until
 * all that is not behind them has ended, or should have.
 */
export class IsolationWatch {
  readonly #options: IsolationWatchOptions;
  /** Whether they may pass now. */
  #over: boolean;

  constructor(options: IsolationWatchOptions) {
    this.#options = options;
    this.#over = options.stubborn.size === 0;
  }

  /** Whether a message, or a child of it, still is to fail. */
  isStubborn({ index }: Unit): boolean {
    return !this.#over && this.#options.stubborn.has(index);
  }

  /** Looks whether all the rest has ended; `say` tells what the engines say of it, asked only when it is too late. */
  look(nowMs: number, say: () => string): void {
    const { calmAtMs, register, findings, onProved } = this.#options;
    if (this.#over || nowMs < calmAtMs) return;
    const held = this.#held();
    const rest = register.messages.filter((message) => !message.ended && !held.has(message));
    const [first] = rest;
    if (first !== undefined && nowMs < calmAtMs + patienceMs) return;
    this.#over = true;
    if (first === undefined) {
      if (held.size > 0) onProved();
    } else if (this.#fits(held)) {
      findings.add(
        "G4",
        `${patienceMs / 60_000} minutes after the last fault, ${rest.length} messages have not ended that are in no lane of a failing one, ${first.id} of ${first.partition ?? "the queue"} among them. ${say()}`,
      );
    }
  }

  /** The messages that fail, what is behind them in their lanes, and what is in partitions that are read after theirs. */
  #held(): ReadonlySet<Unit> {
    const { register, stubborn } = this.#options;
    const held = new Set<Unit>();
    for (const index of stubborn) {
      const message = register.messages[index];
      if (message === undefined || message.ended) continue;
      held.add(message);
      for (const later of message.lane?.units.slice(message.laneIndex) ?? []) held.add(later);
      for (const { messages } of this.#descendants(message.partition)) for (const later of messages) held.add(later);
    }
    return held;
  }

  #descendants(of: string | undefined): readonly SimulatedPartition[] {
    const found = new Map<string, SimulatedPartition>();
    // Parents are made before their children.
    for (const partition of this.#options.log.partitions.values())
      if (partition.parents.some((parent) => parent === of || found.has(parent))) found.set(partition.id, partition);
    return [...found.values()];
  }

  /** Whether there is room for others beside what is held: half of the room is kept for pages to come. */
  #fits(held: ReadonlySet<Unit>): boolean {
    const { maxInFlight, maxBytesInFlight = Number.POSITIVE_INFINITY } = this.#options;
    let bytes = 0;
    for (const { payload } of held) bytes += payload.length;
    return held.size <= maxInFlight / 2 && bytes < maxBytesInFlight;
  }
}
