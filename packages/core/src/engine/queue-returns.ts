import { hasCode, type Message, type QueueMessage, type QueueSource } from "@spillway/spec";
import type { Run } from "./run-context.ts";

/** Resolves when the call that extends some of these messages has ended; undefined when there is none. */
type Extended = (messages: readonly Message<unknown>[]) => Promise<unknown> | undefined;

/** Gives messages back to their queue, many in one call where it can. */
export class QueueReturns {
  readonly #run: Run;
  readonly #source: QueueSource<unknown>;
  readonly #signal: AbortSignal;
  readonly #pending = new Set<Promise<void>>();
  /** What the next call gives back. */
  readonly #collected: Message<unknown>[] = [];
  readonly #extended: Extended;

  constructor(run: Run, source: QueueSource<unknown>, signal: AbortSignal, extended: Extended) {
    this.#run = run;
    this.#source = source;
    this.#signal = signal;
    this.#extended = extended;
  }

  /** Gives messages back that were not worked on to the end; all of one turn of the event loop in one call. */
  soon(messages: readonly Message<unknown>[]): void {
    if (messages.length === 0 || this.#signal.aborted) return;
    const isFirst = this.#collected.length === 0;
    for (const message of messages) this.#collected.push(message);
    if (!isFirst) return;
    this.#run.clock.defer(() => this.now(this.#collected.splice(0), 0));
    this.#expect(new Promise((resolve) => this.#run.clock.defer(() => resolve())));
  }

  /** Gives messages back in one call; they are delivered again after the delay. */
  now(messages: readonly Message<unknown>[], delayMs: number): void {
    this.#expect(this.#nack(messages, delayMs));
  }

  /** Resolves when all that was given back has been answered for. */
  async done(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  #expect(returning: Promise<void>): void {
    const ended = returning.finally(() => this.#pending.delete(ended));
    this.#pending.add(ended);
  }

  async #nack(messages: readonly Message<unknown>[], delayMs: number): Promise<void> {
    const receipts = messages.map((message) => (message as QueueMessage<unknown>).receipt);
    // An extension that comes after would hide them from everybody for another visibility timeout.
    const extended = this.#extended(messages);
    if (extended !== undefined) await extended;
    try {
      const results = await this.#source.nack(receipts, { delayMs, signal: this.#signal });
      const refused = results.find((result) => !result.ok && !hasCode(result.error, "SPILLWAY_RECEIPT_LOST"));
      if (refused?.ok === false) this.#tell(refused.error);
    } catch (error) {
      this.#tell(error);
    }
  }

  /** What is not given back comes back by itself when its visibility ends. */
  #tell(error: unknown): void {
    this.#run.emit({ type: "source-failed", source: this.#source.name, error, delayMs: 0 });
  }
}
