import { Ring } from "./ring.ts";

interface Waiter {
  readonly messages: number;
  readonly grant: () => void;
  cancelled: boolean;
}

/**
 * The room for messages in flight, in messages and bytes: the only backpressure there is. A reader reserves the size of the page that it expects, reads,
 * and then settles for what came; every settled message gives its credit back.
 */
export class Credits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  private readonly waiters = new Ring<Waiter>();
  messages = 0;
  bytes = 0;

  constructor(maxMessages: number, maxBytes: number) {
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
  }

  /** Whether a reader is waiting for room. */
  get full(): boolean {
    return this.waiters.size > 0;
  }

  /** How much of a page may be reserved: half the room at most, so that what is stuck in the other half does not keep pages from coming. */
  page(messages: number): number {
    return Math.min(messages, Math.max(1, this.maxMessages >> 1));
  }

  /** Reserves room for a page, as much of it as `page` says; resolves to false only when the signal aborts. */
  reserve(messages: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    const wanted = this.page(messages);
    if (this.waiters.size === 0 && this.fits(wanted)) {
      this.messages += wanted;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const cancel = (): void => {
        waiter.cancelled = true;
        resolve(false);
      };
      const grant = (): void => {
        signal.removeEventListener("abort", cancel);
        resolve(true);
      };
      const waiter: Waiter = { messages: wanted, grant, cancelled: false };
      signal.addEventListener("abort", cancel, { once: true });
      this.waiters.push(waiter);
    });
  }

  /** What a reservation turned into: the page that came, or nothing. */
  exchange(reserved: number, messages: number, bytes: number): void {
    this.messages += messages - this.page(reserved);
    this.bytes += bytes;
    if (messages < reserved) this.admit();
  }

  /** Gives the credit of settled messages back. */
  release(messages: number, bytes: number): void {
    this.messages -= messages;
    this.bytes -= bytes;
    if (this.waiters.size > 0) this.admit();
  }

  private fits(messages: number): boolean {
    return this.messages === 0 || (this.messages + messages <= this.maxMessages && this.bytes < this.maxBytes);
  }

  private admit(): void {
    for (let waiter = this.waiters.peek(); waiter !== undefined; waiter = this.waiters.peek()) {
      if (!waiter.cancelled) {
        if (!this.fits(waiter.messages)) return;
        this.messages += waiter.messages;
        waiter.grant();
      }
      this.waiters.shift();
    }
  }
}
