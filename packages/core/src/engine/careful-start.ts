import { SpillwayError, type Attempting, type LogMessage, type Message, type Position } from "@spillway/spec";
import type { CarefulTurn } from "./careful-turn.ts";
import { LaneFollowers } from "./lane-followers.ts";
import { inOneLane } from "./lane-key.ts";
import { markFailed } from "./mark.ts";
import { crashedAt, type StartGuard, type UnderWay } from "./start-guard.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { WaitingRetries } from "./waiting-retries.ts";

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
  /** Whether a checkpoint says that the message with this sequence number, which has ended, is done. */
  readonly remembers: (sequence: number) => boolean;
  /** Shared by all partitions of the process. */
  readonly turn: CarefulTurn;
  /** The feed may have something to start. */
  readonly wake: () => void;
  /** So many messages have ended well that the guard is not needed any more. */
  readonly over: () => void;
}

/**
 * After a crash, the first messages of a partition start one at a time, each attempt written down before: if the process dies again, the next one knows in
 * which. A message that waits for a retry or a dead letter is not being attempted, and holds up nobody. A message that was so named crashLimit times is dead-lettered without being run.
 */
export class CarefulStart implements StartGuard {
  readonly #options: CarefulStartOptions;
  #left: number;
  #current: TrackedDelivery | undefined = undefined;
  /**
   * A message that was dead-lettered for its deaths, while no checkpoint says that it is done. They stay written down, and nothing else starts in its partition
   * while anything of it is under way: the name of another killer in their place would let it kill from the beginning.
   */
  #forgettable: { readonly sequence: number; readonly attempting: Attempting | undefined } | undefined = undefined;
  /** Whether that one is not attempted but on its way to the dead letters. */
  #isBuried = false;
  /** Messages whose next attempt is due and waits for its turn. */
  readonly #retries = new WaitingRetries();
  readonly #followers = new LaneFollowers();
  /** For the checkpoint. */
  attempting: Attempting | undefined;

  constructor(options: CarefulStartOptions) {
    this.#options = options;
    this.#left = options.messages;
    this.attempting = options.crashed;
  }

  mayStart(_message: Message<unknown>, { started }: UnderWay): boolean {
    if (started > 0 && this.#forgets()) return false;
    return this.#current === undefined && this.#retries.size === 0 && this.#options.turn.isFree(this, this.#options.wake);
  }

  begin(delivery: TrackedDelivery, enter: (delivery: TrackedDelivery) => void): void {
    const { crashLimit, nowMs } = this.#options;
    const crashes = this.#crashesOf(delivery);
    if (crashes < crashLimit) {
      if (!this.#followers.keep(delivery, enter)) this.#attempt(delivery, () => enter(delivery));
      return;
    }
    // Until its dead letter is confirmed, its deaths stay written down: the name of another message in their place would let it kill from the beginning.
    this.#current = delivery;
    this.#isBuried = true;
    this.attempting = { position: positionOf(delivery), crashes };
    markFailed(delivery, crashedAt, crashError(crashes), "crashed", nowMs());
    delivery.holder?.park(delivery);
    enter(delivery);
  }

  paused(delivery: TrackedDelivery): void {
    this.#followers.failed(delivery);
    if (delivery.message === this.#current?.message && !this.#isBuried) this.#leave();
  }

  retry(delivery: TrackedDelivery, go: () => void): void {
    // What is behind it in its lane cannot go on before it, and so must not keep the turn from it.
    if (this.#current !== undefined && !this.#isBuried && inOneLane(this.#current, delivery)) {
      this.#attempt(delivery, go);
      return;
    }
    // Its dead letter follows this one. Its deaths stay written down, so that this attempt is not.
    if (this.#isBuried && this.#current?.follows === true && inOneLane(this.#current, delivery)) {
      go();
      return;
    }
    this.#retries.add(delivery, go);
    this.#startRetries();
  }

  ended(delivery: TrackedDelivery): void {
    const follower = this.#followers.ended(delivery);
    if (follower !== undefined) this.#retries.add(follower.delivery, follower.go);
    if (delivery.message === this.#current?.message) {
      if (this.#isBuried) this.#forgettable = { sequence: delivery.sequence, attempting: this.attempting };
      this.#leave();
    } else if (follower !== undefined) this.#startRetries();
    if (--this.#left > 0) return;
    if (this.#forgets()) {
      this.#left = 1;
      return;
    }
    this.#left = Number.POSITIVE_INFINITY;
    this.#current = undefined;
    // Before the turn is passed on: whoever is woken by that may start messages of this feed, and they must not ask this guard any more.
    this.#options.over();
    this.#options.turn.leave(this);
    for (let retry = this.#retries.next(); retry !== undefined; retry = this.#retries.next()) retry.go();
    this.#followers.end();
  }

  #startRetries(): void {
    const wake = (): void => this.#startRetries();
    while (this.#retries.size > 0 && this.#current === undefined && this.#options.turn.isFree(this, wake)) {
      const retry = this.#retries.next();
      if (retry !== undefined) this.#attempt(retry.delivery, retry.go);
    }
  }

  /** Writes down which message is attempted, and then attempts it. */
  #attempt(delivery: TrackedDelivery, go: () => void): void {
    this.#current = delivery;
    this.#options.turn.take(this);
    this.attempting = { position: positionOf(delivery), crashes: this.#crashesOf(delivery) };
    void this.#options.save().then((saved) => {
      if (saved && !delivery.settled) go();
    });
  }

  #leave(): void {
    this.#current = undefined;
    this.#isBuried = false;
    this.attempting = this.#forgets() ? this.#forgettable?.attempting : undefined;
    this.#options.turn.leave(this);
    this.#startRetries();
  }

  #forgets(): boolean {
    if (this.#forgettable !== undefined && this.#options.remembers(this.#forgettable.sequence)) this.#forgettable = undefined;
    return this.#forgettable !== undefined;
  }

  #crashesOf(delivery: TrackedDelivery): number {
    const { crashed } = this.#options;
    return crashed?.position === positionOf(delivery) ? crashed.crashes : 0;
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
