import { failureClassOf, hasCode, type Cancel, type QueueMessage, type QueueSource } from "@spillway/spec";
import { backoffAfterError } from "./backoff-after-error.ts";
import type { FinalOutcome } from "./home.ts";
import { pause } from "./pause.ts";
import { Ring } from "./ring.ts";
import type { Run } from "./run-context.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

interface Concluded {
  readonly delivery: TrackedDelivery;
  readonly outcome: FinalOutcome;
  failures: number;
}

/** How many receipts one acknowledgement takes, and how long it waits for company: calls cost money, and nobody waits for them. */
const maxReceipts = 100;
const lingerMs = 20;
const maxCalls = 8;

/** Deletes concluded messages from their queue, in batches, and settles each when the queue has confirmed it. */
export class Acknowledger {
  readonly #run: Run;
  readonly #source: QueueSource<unknown>;
  readonly #signal: AbortSignal;
  readonly #confirmed: (delivery: TrackedDelivery, outcome: FinalOutcome) => void;
  readonly #tooLate: (delivery: TrackedDelivery, error: Error) => void;
  readonly #pending = new Ring<Concluded>();
  /** Deliveries whose deletion is being asked for: their receipts must not be extended meanwhile. */
  readonly underWay: Set<TrackedDelivery> = new Set<TrackedDelivery>();
  #calls = 0;
  #cancelFlush: Cancel | undefined = undefined;
  /** How many messages may still be concluded, those here included, once nothing more is let in; undefined before. */
  #left: (() => number) | undefined = undefined;

  constructor(
    run: Run,
    source: QueueSource<unknown>,
    signal: AbortSignal,
    confirmed: (delivery: TrackedDelivery, outcome: FinalOutcome) => void,
    tooLate: (delivery: TrackedDelivery, error: Error) => void,
  ) {
    this.#run = run;
    this.#source = source;
    this.#signal = signal;
    this.#confirmed = confirmed;
    this.#tooLate = tooLate;
  }

  add(delivery: TrackedDelivery, outcome: FinalOutcome): void {
    this.#push({ delivery, outcome, failures: 0 });
  }

  /** Nothing more is let in: what is waited for is only what is under way, and `left` says how much that is. */
  close(left: () => number): void {
    this.#left = left;
    if (this.#isLast()) this.#flush();
  }

  /** Whether no company can come any more: everything else has been asked for already. */
  #isLast(): boolean {
    return this.#left !== undefined && this.#pending.size > 0 && this.#pending.size + this.underWay.size >= this.#left();
  }

  #push(concluded: Concluded): void {
    this.#pending.push(concluded);
    if (this.#pending.size >= maxReceipts || this.#isLast()) this.#flush();
    else if (!this.#signal.aborted) this.#cancelFlush ??= this.#run.clock.schedule(lingerMs, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    while (this.#pending.size > 0 && this.#calls < maxCalls) {
      const batch: Concluded[] = [];
      while (batch.length < maxReceipts && this.#pending.size > 0) {
        const concluded = this.#pending.shift() as Concluded;
        if (!concluded.delivery.settled) batch.push(concluded);
      }
      if (batch.length > 0) void this.#acknowledge(batch);
    }
  }

  async #acknowledge(batch: readonly Concluded[]): Promise<void> {
    this.#calls++;
    for (const { delivery } of batch) this.underWay.add(delivery);
    const errors = await this.#ack(batch);
    this.#calls--;
    batch.forEach((concluded, index) => this.#ended(concluded, errors[index]));
    // What a flush found no free call for has no timer: it goes now.
    if (this.#pending.size >= maxReceipts || this.#cancelFlush === undefined) this.#flush();
  }

  async #ack(batch: readonly Concluded[]): Promise<readonly unknown[]> {
    try {
      const receipts = batch.map(({ delivery }) => (delivery.message as QueueMessage<unknown>).receipt);
      const results = await this.#source.ack(receipts, { signal: this.#signal });
      return batch.map((_, index) => {
        const result = results[index];
        if (result === undefined) return new Error(`${this.#source.name} confirmed ${results.length} of ${batch.length} receipts`);
        return result.ok ? undefined : result.error;
      });
    } catch (error) {
      return batch.map(() => error ?? new Error("the acknowledgement was rejected without a reason"));
    }
  }

  #ended(concluded: Concluded, error: unknown): void {
    const { delivery, outcome } = concluded;
    this.underWay.delete(delivery);
    if (error === undefined) this.#confirmed(delivery, outcome);
    else if (hasCode(error, "SPILLWAY_RECEIPT_LOST")) this.#tooLate(delivery, error as Error);
    else if (!delivery.settled) {
      // No permission to delete, or no queue: nothing that is done would ever be settled. It is asked for once more, for as long as a stop lasts.
      if (failureClassOf(error) === "fatal") this.#run.fail(error);
      const delayMs = backoffAfterError(++concluded.failures, this.#run.clock);
      this.#run.emit({ type: "acknowledge-failed", source: this.#source.name, message: delivery.message, error, delayMs });
      void pause(this.#run.clock, delayMs, this.#signal).then((passed) => {
        if (passed) this.#push(concluded);
      });
    }
  }
}
