import type { Message, QueueMessage } from "@spillway/spec";
import { crashError } from "./careful-start.ts";
import { markFailed } from "./mark.ts";
import { crashedAt, type StartGuard } from "./start-guard.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/**
 * A queue counts how often it has given a message out. One that comes again and again without an outcome may be what kills the process: beyond crashLimit
 * it runs alone, so that it takes no other message with it, and beyond twice that it is dead-lettered without being run.
 */
export class SuspectGuard implements StartGuard {
  readonly #crashLimit: number;
  readonly #nowMs: () => number;
  #alone: TrackedDelivery | undefined = undefined;

  constructor(crashLimit: number, nowMs: () => number) {
    this.#crashLimit = crashLimit;
    this.#nowMs = nowMs;
  }

  mayStart(message: Message<unknown>, underWay: number): boolean {
    if (this.#alone !== undefined) return false;
    return !this.#isSuspect(message) || underWay === 0;
  }

  begin(delivery: TrackedDelivery, enter: (delivery: TrackedDelivery) => void): void {
    if (this.#isSuspect(delivery.message)) {
      this.#alone = delivery;
      const receives = receivesOf(delivery.message) - 1;
      if (receives >= this.#crashLimit * 2) {
        markFailed(delivery, crashedAt, crashError(receives), "crashed", this.#nowMs());
        delivery.holder?.park(delivery);
      }
    }
    enter(delivery);
  }

  ended(delivery: TrackedDelivery): void {
    if (delivery.message === this.#alone?.message) this.#alone = undefined;
  }

  #isSuspect(message: Message<unknown>): boolean {
    return receivesOf(message) > this.#crashLimit;
  }
}

function receivesOf(message: Message<unknown>): number {
  return (message as QueueMessage<unknown>).receiveCount;
}
