import type { Message } from "@spillway/spec";
import { laneKey } from "./lane-key.ts";
import type { RunnableStage } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** Enters a delivery that was kept. */
type Enter = (delivery: TrackedDelivery) => void;

/**
 * Keeps a message from starting while an earlier one of its lane waits for a retry or a dead letter: it would come as far as that one's stage, wait there, and
 * keep all that time the turn that others want. One of each lane at most: the gate holds back what is behind it.
 */
export class LaneFollowers {
  /** The lanes of the messages that have failed and not ended. */
  readonly #failing = new Map<Message<unknown>, string>();
  /** How many of those each lane has. */
  readonly #counts = new Map<string, number>();
  readonly #kept = new Map<string, { readonly delivery: TrackedDelivery; readonly enter: Enter }>();

  /** A message waits for a retry or a dead letter. */
  failed(delivery: TrackedDelivery): void {
    const lane = laneKey(delivery);
    if (lane === undefined || this.#failing.has(delivery.message)) return;
    this.#failing.set(delivery.message, lane);
    this.#counts.set(lane, (this.#counts.get(lane) ?? 0) + 1);
  }

  /** Whether the delivery is kept, because it can do nothing yet; then it gives its unit back. */
  keep(delivery: TrackedDelivery, enter: Enter): boolean {
    const lane = laneKey(delivery);
    if (lane === undefined || !this.#counts.has(lane)) return false;
    this.#kept.set(lane, { delivery, enter });
    delivery.waits = true;
    delivery.holder?.park(delivery);
    return true;
  }

  /** A message has ended; returns what it kept from starting, with what starts that. */
  ended({ message }: TrackedDelivery): { readonly delivery: TrackedDelivery; readonly go: () => void } | undefined {
    const lane = this.#failing.size === 0 ? undefined : this.#failing.get(message);
    if (lane === undefined) return undefined;
    this.#failing.delete(message);
    const left = (this.#counts.get(lane) ?? 1) - 1;
    if (left > 0) {
      this.#counts.set(lane, left);
      return undefined;
    }
    this.#counts.delete(lane);
    return this.#release(lane);
  }

  /** Nothing is kept from starting any more. */
  end(): void {
    for (const lane of [...this.#kept.keys()]) this.#release(lane)?.go();
  }

  #release(lane: string): { readonly delivery: TrackedDelivery; readonly go: () => void } | undefined {
    const kept = this.#kept.get(lane);
    this.#kept.delete(lane);
    if (kept === undefined || kept.delivery.settled) return undefined;
    const { delivery, enter } = kept;
    const go = (): void => {
      delivery.waits = false;
      delivery.holder?.resume(delivery, starting(enter));
    };
    return { delivery, go };
  }
}

/** The beginning of the chain, as a stage that a delivery can be sent back to. */
function starting(enter: Enter): RunnableStage {
  return { name: "the first stage", start: enter };
}
