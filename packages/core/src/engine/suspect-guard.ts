import type { Message, QueueMessage } from "@spillway/spec";
import { crashError } from "./careful-start.ts";
import { LaneFollowers } from "./lane-followers.ts";
import { inOneLane } from "./lane-key.ts";
import { markFailed } from "./mark.ts";
import { crashedAt, type StartGuard, type UnderWay } from "./start-guard.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { WaitingRetries } from "./waiting-retries.ts";

/** What a suspect guard goes by. */
export interface SuspectGuardOptions {
  readonly crashLimit: number;
  /** Whether a suspect may be dead-lettered without being run: not where the pipeline halts, because then it comes again without having killed anything. */
  readonly buries: boolean;
  readonly nowMs: () => number;
}

/** How many times crashLimit a message is given out before it is dead-lettered. */
const deadLetteredAt = 4;

/** The receive at which a message is dead-lettered that never had an outcome at those before. */
export function crashedAtReceive(crashLimit: number): number {
  return crashLimit * deadLetteredAt + 1;
}

/**
 * A queue counts how often it has given a message out. One that comes again and again without an outcome may be what kills the process: beyond crashLimit
 * it runs alone, so that it takes no other message with it, and beyond four times that it is dead-lettered without being run: messages that were only
 * waiting here at a deploy are given out again too, and must not be taken for killers. How often a pipeline halts has no bound, so one that may halt
 * does not bury.
 */
export class SuspectGuard implements StartGuard {
  readonly #options: SuspectGuardOptions;
  #alone: TrackedDelivery | undefined = undefined;
  /** A message that waits until it may run alone. */
  #next: Message<unknown> | undefined = undefined;
  /** Messages that wait for a retry or a dead letter: they are under way, but not being attempted, and hold up nobody. */
  readonly #paused = new Set<Message<unknown>>();
  /** Suspects whose next attempt is due and waits for its turn. */
  readonly #retries = new WaitingRetries();
  readonly #followers = new LaneFollowers();

  constructor(options: SuspectGuardOptions) {
    this.#options = options;
  }

  /** The message that runs alone, or waits for that; nothing else starts meanwhile. Undefined when there is none. */
  get suspect(): Message<unknown> | undefined {
    return this.#alone?.message ?? this.#next;
  }

  mayStart(message: Message<unknown>, underWay: UnderWay): boolean {
    if (this.#alone !== undefined || this.#retries.size > 0) return false;
    const mayStart = !this.#isSuspect(message) || underWay.started <= this.#paused.size || !underWay.isAnyAttempted(this.#paused);
    this.#next = mayStart ? undefined : message;
    return mayStart;
  }

  begin(delivery: TrackedDelivery, enter: (delivery: TrackedDelivery) => void): void {
    if (this.#isSuspect(delivery.message)) {
      const { crashLimit, buries, nowMs } = this.#options;
      const receives = receivesOf(delivery.message);
      const isBuried = buries && receives >= crashedAtReceive(crashLimit);
      if (!isBuried && this.#followers.keep(delivery, enter)) {
        this.#paused.add(delivery.message);
        return;
      }
      this.#alone = delivery;
      if (isBuried) {
        markFailed(delivery, crashedAt, crashError(receives - 1), "crashed", nowMs());
        delivery.holder?.park(delivery);
      }
    }
    enter(delivery);
  }

  paused(delivery: TrackedDelivery): void {
    this.#paused.add(delivery.message);
    this.#followers.failed(delivery);
    if (delivery.message === this.#alone?.message) this.#leave();
  }

  retry(delivery: TrackedDelivery, attempt: () => void): void {
    const go = (): void => {
      this.#paused.delete(delivery.message);
      attempt();
    };
    if (!this.#isSuspect(delivery.message)) {
      go();
      return;
    }
    // What is behind it in its group cannot go on before it, and so must not keep the turn from it.
    if (this.#alone !== undefined && inOneLane(this.#alone, delivery)) {
      this.#alone = delivery;
      go();
      return;
    }
    this.#retries.add(delivery, go);
    this.#startRetry();
  }

  ended(delivery: TrackedDelivery): void {
    this.#paused.delete(delivery.message);
    const follower = this.#followers.ended(delivery);
    if (follower !== undefined) this.retry(follower.delivery, follower.go);
    if (delivery.message === this.#alone?.message) this.#leave();
  }

  #leave(): void {
    this.#alone = undefined;
    this.#startRetry();
  }

  /** The next suspect tries again; what runs beside it was started before, and nothing is started while it runs. */
  #startRetry(): void {
    while (this.#alone === undefined && this.#retries.size > 0) {
      const retry = this.#retries.next();
      if (retry === undefined) return;
      this.#alone = retry.delivery;
      retry.go();
    }
  }

  #isSuspect(message: Message<unknown>): boolean {
    return receivesOf(message) > this.#options.crashLimit;
  }
}

function receivesOf(message: Message<unknown>): number {
  return (message as QueueMessage<unknown>).receiveCount;
}
