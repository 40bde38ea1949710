import { SpillwayError, type Attempting, type LogMessage, type Message, type Position } from "@spillway/spec";
import type { CarefulTurn } from "./careful-turn.ts";
import { markFailed } from "./mark.ts";
import { crashedAt, type StartGuard } from "./start-guard.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** What a careful start works with. */
export interface CarefulStartOptions {
  /** The message whose attempt was written down last, if the process died in it. */
  readonly crashed: Attempting | undefined;
  readonly crashLimit: number;
  /** How many messages are started carefully: as many as could have been under way. */
  readonly messages: number;
  /** Saves the checkpoint with `attempting` in it; resolves to whether that is durable. */
  readonly save: () => Promise<boolean>;
  readonly nowMs: () => number;
  /** Shared by all partitions of the process. */
  readonly turn: CarefulTurn;
  /** The feed may have something to start. */
  readonly wake: () => void;
  /** So many messages have ended well that the guard is not needed any more. */
  readonly over: () => void;
}

/**
 * After a crash, the first messages of a partition start one at a time, each written down before: if the process dies again, the next one knows in which.
 * A message that was so named crashLimit times is dead-lettered without being run.
 */
export class CarefulStart implements StartGuard {
  readonly #options: CarefulStartOptions;
  #left: number;
  #current: TrackedDelivery | undefined = undefined;
  /** For the checkpoint. */
  attempting: Attempting | undefined;

  constructor(options: CarefulStartOptions) {
    this.#options = options;
    this.#left = options.messages;
    this.attempting = options.crashed;
  }

  mayStart(_message: Message<unknown>): boolean {
    return this.#current === undefined && this.#options.turn.isFree(this, this.#options.wake);
  }

  begin(delivery: TrackedDelivery, enter: (delivery: TrackedDelivery) => void): void {
    this.#current = delivery;
    this.#options.turn.take(this);
    const position = positionOf(delivery);
    const { crashed, crashLimit, nowMs } = this.#options;
    const crashes = crashed?.position === position ? crashed.crashes : 0;
    if (crashes >= crashLimit) {
      markFailed(delivery, crashedAt, crashError(crashes), "crashed", nowMs());
      delivery.holder?.park(delivery);
      enter(delivery);
      return;
    }
    this.attempting = { position, crashes };
    void this.#options.save().then((saved) => {
      if (saved && !delivery.settled) enter(delivery);
    });
  }

  ended(delivery: TrackedDelivery): void {
    if (delivery.message !== this.#current?.message) return;
    this.#current = undefined;
    this.attempting = undefined;
    this.#options.turn.leave(this);
    if (--this.#left === 0) this.#options.over();
  }
}

/** What is said about a message that the process died in, again and again. */
export function crashError(crashes: number): SpillwayError {
  return new SpillwayError(`the process died ${crashes} times while this message was being attempted, so it is not attempted again`, {
    code: "SPILLWAY_CRASHED",
    failureClass: "permanent",
  });
}

function positionOf(delivery: TrackedDelivery): Position {
  return (delivery.message as LogMessage<unknown>).position;
}
