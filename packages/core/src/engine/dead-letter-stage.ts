import { hasCode, SpillwayError, type Disposition, type ItemResult, type Payload, type Sink } from "@spillway/spec";
import { boundedCall } from "../leases/bounded-call.ts";
import type { GateExplanation } from "../gate-explanation.ts";
import { backoffAfterError } from "./backoff-after-error.ts";
import type { DeadLetterBudget } from "../dead-letter-budget.ts";
import { DeadLetterMeter } from "./dead-letter-meter.ts";
import { deadLetterOf, dispositionOf } from "./dead-letter-envelope.ts";
import type { Failure } from "./mark.ts";
import { Ring } from "./ring.ts";
import { pause } from "./pause.ts";
import type { Run } from "./run-context.ts";
import type { Acceptor } from "./stage.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";
import { asError, sayError } from "./say-error.ts";

/** What a dead-letter stage is made of. */
export interface DeadLetterStageOptions {
  readonly run: Run;
  readonly sink: Sink<Payload>;
  readonly budgets: readonly DeadLetterBudget[];
  /** Whether the later messages of a dead letter's key follow it. */
  readonly blocksKeys: boolean;
  readonly next: Acceptor;
}

interface Letter {
  readonly delivery: TrackedDelivery;
  readonly failure: Failure;
  withStack: boolean;
  failures: number;
}

const maxWrites = 4;
/** A write without an answer has failed then, and is made again. */
const writeTimeoutMs = 60_000;
/** With so many dead letters not written, no further message is let in. */
export const crowded = 256;

/**
 * Moves failed deliveries to a sink. A delivery passes when the sink has confirmed that it holds it; until then it is unsettled, keeps its lane, and the
 * write is repeated. When many wait, the source is held.
 */
export class DeadLetterStage implements Acceptor {
  readonly #run: Run;
  readonly #sink: Sink<Payload>;
  readonly #next: Acceptor;
  readonly open: Acceptor;
  readonly #pending = new Ring<Letter>();
  /** Dead letters that block their key, by that, until what is before them has ended: a redrive restores the order only if they are written in it. */
  readonly #following = new Map<string, Letter[]>();
  /** Dead letters that are not confirmed: pending, being written, or waiting for another try. */
  #open = 0;
  #writes = 0;
  #crowding = false;
  readonly #meters: readonly DeadLetterMeter[];
  /** Those of them that begin anew when the source goes on. */
  readonly #usedUp = new Set<DeadLetterMeter>();
  readonly #blocksKeys: boolean;
  /** Why the source rests; undefined while it does not. */
  #held: string | undefined = undefined;
  /** Writes that have failed since the last one that did not, and why. */
  #failures = 0;
  #lastError: Error | undefined = undefined;

  constructor({ run, sink, budgets, blocksKeys, next }: DeadLetterStageOptions) {
    this.#run = run;
    this.#sink = sink;
    this.#next = next;
    this.#blocksKeys = blocksKeys;
    if (blocksKeys) run.blocksKeys = true;
    this.#meters = budgets.map((budget) => new DeadLetterMeter(budget));
    this.open = budgets.length === 0 ? next.open : this;
    run.gates.push(() => this.#gate());
  }

  #gate(): GateExplanation | undefined {
    if (this.#held !== undefined) return { gate: "budget", says: `the source rests after ${this.#held}` };
    if (this.#failures === 0 || this.#open === 0) return undefined;
    const { name } = this.#sink;
    const error = this.#lastError?.message ?? "";
    return { gate: "dead letters", says: `${this.#open} dead letters wait: "${name}" has refused them ${this.#failures} times: ${error}` };
  }

  accept(delivery: TrackedDelivery): void {
    const { mark } = delivery;
    if (mark === undefined || mark.kind !== "failed") {
      for (const meter of this.#meters) meter.passed();
      this.#next.accept(delivery);
    } else if (mark.failureClass === "fatal") this.#run.fail(mark.error, delivery);
    else this.#bury(delivery, mark);
  }

  #bury(delivery: TrackedDelivery, failure: Failure): void {
    const follows = hasCode(failure.error, "SPILLWAY_KEY_BLOCKED");
    const beyond = follows ? [] : this.#beyond(dispositionOf(failure));
    const tooMuch = beyond.find(({ meter }) => meter.budget.beyond === "halt")?.says;
    if (tooMuch !== undefined) {
      const error = new SpillwayError(
        `${tooMuch}: this is rarely the messages' fault; find out what has changed, then start again. The last one failed at ${failure.stage.name}: ${sayError(failure.error)}`,
        {
          code: "SPILLWAY_DEAD_LETTER_BUDGET",
          failureClass: "fatal",
          cause: failure.error,
        },
      );
      this.#run.fail(error, delivery);
      return;
    }
    delivery.feed.paused(delivery);
    const letter: Letter = { delivery, failure, withStack: true, failures: 0 };
    if (!this.#blocks(delivery) || !this.#follow(letter)) this.#begin(letter);
    for (const { meter, says } of beyond) this.#hold(meter, says);
  }

  /** Counts a dead letter; the meters that it is too much for, and why. */
  #beyond(disposition: Disposition): readonly { readonly meter: DeadLetterMeter; readonly says: string }[] {
    return this.#meters.flatMap((meter) => {
      const says = meter.dead(disposition);
      return says === undefined ? [] : [{ meter, says }];
    });
  }

  #begin(letter: Letter): void {
    this.#open++;
    this.#push(letter);
  }

  /** Whether the later messages of its key are to follow a dead letter. */
  #blocks({ feed, message }: TrackedDelivery): boolean {
    return this.#blocksKeys && feed.ordering === "key" && message.key !== undefined;
  }

  /** Has a dead letter wait while an earlier message of its key is not settled, at a later stage; false when there is none. */
  #follow(letter: Letter): boolean {
    const { delivery } = letter;
    if (!delivery.feed.hasEarlierOfKey(delivery)) return false;
    const { key = "" } = delivery.message;
    // In a drain nobody waits for it: it is delivered again after those that it follows.
    delivery.follows = true;
    delivery.waits = true;
    for (const [other, letters] of this.#following) this.#keep(other, letters);
    this.#keep(key, [...(this.#following.get(key) ?? []), letter]);
    return true;
  }

  #keep(key: string, letters: readonly Letter[]): void {
    const left = letters.filter(({ delivery }) => !delivery.settled);
    if (left.length > 0) this.#following.set(key, left);
    else this.#following.delete(key);
    this.#run.whenEnded = this.#following.size === 0 ? undefined : (delivery) => this.#goOn(delivery);
  }

  /** A message has ended: perhaps a dead letter of its key need not wait any more. */
  #goOn({ message: { key = "" } }: TrackedDelivery): void {
    for (const letter of this.#following.get(key) ?? []) {
      const { delivery } = letter;
      if (delivery.settled || delivery.feed.hasEarlierOfKey(delivery)) continue;
      delivery.follows = false;
      delivery.waits = false;
      this.#begin(letter);
      this.#keep(
        key,
        (this.#following.get(key) ?? []).filter((each) => each !== letter),
      );
    }
  }

  /** The source rests, and so do the dead letters that are not written. */
  #hold(meter: DeadLetterMeter, why: string): void {
    this.#usedUp.add(meter);
    if (this.#held !== undefined) return;
    const { holdMs } = meter.budget;
    this.#held = why;
    this.#run.emit({ type: "held", why, forMs: holdMs });
    this.#run.rest(1);
    const cancel = this.#run.clock.schedule(holdMs, () => {
      this.#held = undefined;
      for (const each of this.#usedUp) each.reset();
      this.#usedUp.clear();
      this.#run.emit({ type: "resumed", after: why });
      this.#run.rest(-1);
      this.#write();
    });
    this.#run.onEnd(cancel);
  }

  #push(letter: Letter): void {
    this.#pending.push(letter);
    this.#watchCrowd();
    this.#write();
  }

  #write(): void {
    while (this.#held === undefined && this.#pending.size > 0 && this.#writes < maxWrites) {
      const letters: Letter[] = [];
      while (letters.length < this.#sink.traits.maxBatchSize && this.#pending.size > 0) {
        const letter = this.#pending.shift() as Letter;
        if (letter.delivery.settled) this.#open--;
        else letters.push(letter);
      }
      if (letters.length > 0) void this.#writeBatch(letters);
    }
    this.#watchCrowd();
  }

  async #writeBatch(letters: readonly Letter[]): Promise<void> {
    this.#writes++;
    const results = await this.#results(letters);
    this.#writes--;
    letters.forEach((letter, index) => {
      const result = results[index];
      if (letter.delivery.settled) this.#open--;
      else if (result === undefined)
        this.#refused(
          letter,
          new SpillwayError(`sink "${this.#sink.name}" gave ${results.length} results for ${letters.length} dead letters`, {
            code: "SPILLWAY_RESULT_MISMATCH",
          }),
        );
      else if (result.ok) this.#confirmed(letter);
      else this.#refused(letter, result.error);
    });
    this.#write();
  }

  async #results(letters: readonly Letter[]): Promise<readonly ItemResult[]> {
    try {
      const messages = letters.map(({ delivery, failure, withStack }) => deadLetterOf(delivery, failure, this.#run, withStack));
      return await boundedCall(this.#run.clock, writeTimeoutMs, [this.#run.signal], (options) => this.#sink.write(messages, options));
    } catch (error) {
      const cause = asError(error);
      return letters.map(() => ({ ok: false, error: cause }));
    }
  }

  #confirmed({ delivery, failure }: Letter): void {
    this.#open--;
    this.#failures = 0;
    delivery.mark = { kind: "dead-lettered", failure };
    const { message, feed } = delivery;
    const { key = "" } = message;
    if (this.#blocks(delivery) && feed.blockedKeys?.has(key) !== true) feed.blockKey(key);
    if (this.#run.listened) {
      this.#run.emit({
        type: "dead-lettered",
        message,
        stage: failure.stage.name,
        error: failure.error,
        disposition: dispositionOf(failure),
      });
    }
    this.#next.accept(delivery);
  }

  #refused(letter: Letter, error: Error): void {
    const { clock } = this.#run;
    if (letter.withStack && hasCode(error, "SPILLWAY_OVERSIZE")) {
      letter.withStack = false;
      this.#push(letter);
      return;
    }
    this.#failures++;
    this.#lastError = error;
    const delayMs = backoffAfterError(++letter.failures, clock);
    this.#run.emit({ type: "dead-letter-failed", message: letter.delivery.message, error, delayMs });
    void pause(clock, delayMs, this.#run.signal).then((passed) => {
      if (passed) this.#push(letter);
    });
  }

  #watchCrowd(): void {
    if (this.#crowding ? this.#open * 2 > crowded : this.#open <= crowded) return;
    this.#crowding = !this.#crowding;
    this.#run.crowd(this.#crowding ? 1 : -1);
  }
}
