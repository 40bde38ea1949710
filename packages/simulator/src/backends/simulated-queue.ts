import { SpillwayError, type Receipt } from "@spillway/spec";
import type { Unit } from "../referee/unit.ts";

/** One message in a simulated queue. */
interface Entry {
  readonly unit: Unit;
  receiveCount: number;
  /** Lent or delayed until then. */
  hiddenUntilMs: number;
  receipt: Receipt | undefined;
}

/** One delivery of one message. */
export interface Lent {
  readonly unit: Unit;
  readonly receipt: Receipt;
  readonly receiveCount: number;
}

/** A queue with visibility time-outs and, where it has groups, order within each. */
export class SimulatedQueue {
  readonly name: string;
  readonly groups: boolean;
  readonly visibilityTimeoutMs: number;
  readonly #nowMs: () => number;
  /** In the order sent. */
  readonly #entries = new Set<Entry>();
  readonly #byReceipt = new Map<Receipt, Entry>();
  #waiting: (() => void)[] = [];

  constructor(options: {
    readonly name: string;
    readonly groups: boolean;
    readonly visibilityTimeoutMs: number;
    readonly nowMs: () => number;
  }) {
    this.name = options.name;
    this.groups = options.groups;
    this.visibilityTimeoutMs = options.visibilityTimeoutMs;
    this.#nowMs = options.nowMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  send(unit: Unit): void {
    this.#entries.add({ unit, receiveCount: 0, hiddenUntilMs: 0, receipt: undefined });
    this.wake();
  }

  /** Lends the oldest visible messages; nothing of a group while an earlier message of it is hidden. */
  lend(most: number): readonly Lent[] {
    const nowMs = this.#nowMs();
    const lent: Lent[] = [];
    const held = new Set<string>();
    for (const entry of this.#entries) {
      if (lent.length >= most) break;
      const { key } = entry.unit;
      const group = this.groups ? key : undefined;
      if (entry.hiddenUntilMs > nowMs) {
        if (group !== undefined) held.add(group);
      } else if (group === undefined || !held.has(group)) lent.push(this.#lendOne(entry, nowMs));
    }
    return lent;
  }

  /** Deletes the message. Throws SPILLWAY_RECEIPT_LOST when it is not lent under this receipt any more. */
  remove(receipt: Receipt): Unit {
    const entry = this.#lentUnder(receipt);
    this.#byReceipt.delete(receipt);
    this.#entries.delete(entry);
    this.wake();
    return entry.unit;
  }

  /** Gives the message back, to be lent again after a delay. */
  giveBack(receipt: Receipt, delayMs: number): void {
    const entry = this.#lentUnder(receipt);
    this.#byReceipt.delete(receipt);
    entry.receipt = undefined;
    entry.hiddenUntilMs = this.#nowMs() + delayMs;
    this.wake();
  }

  /** Keeps the message lent for another visibility time-out. */
  extend(receipt: Receipt): void {
    this.#lentUnder(receipt).hiddenUntilMs = this.#nowMs() + this.visibilityTimeoutMs;
  }

  /** Calls once when something may have become visible. */
  onChange(wake: () => void): void {
    this.#waiting.push(wake);
  }

  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #lendOne(entry: Entry, nowMs: number): Lent {
    if (entry.receipt !== undefined) this.#byReceipt.delete(entry.receipt);
    entry.receiveCount++;
    entry.hiddenUntilMs = nowMs + this.visibilityTimeoutMs;
    const receipt = `${entry.unit.id}/${entry.receiveCount}` as Receipt;
    entry.receipt = receipt;
    this.#byReceipt.set(receipt, entry);
    return { unit: entry.unit, receipt, receiveCount: entry.receiveCount };
  }

  #lentUnder(receipt: Receipt): Entry {
    const entry = this.#byReceipt.get(receipt);
    if (entry !== undefined && entry.hiddenUntilMs > this.#nowMs()) return entry;
    throw new SpillwayError(`the receipt ${receipt} is worthless`, { code: "SPILLWAY_RECEIPT_LOST" });
  }
}
