import type { LogMessage } from "@spillway/spec";
import { hash } from "./hash.ts";
import { Progress } from "./progress.ts";
import { Declined, type Service } from "./service.ts";
import { decodeOrder } from "./order.ts";

interface Task {
  readonly message: LogMessage<Uint8Array>;
  readonly progress: Progress;
  readonly sequence: number;
}

/** What the hand-written loops work with. */
export interface HandWrittenOptions {
  readonly service: Service;
  readonly workers: number;
  readonly maxInFlight: number;
  readonly deadLetter: (message: LogMessage<Uint8Array>, error: unknown) => Promise<void>;
  readonly save: (sequence: number) => Promise<void>;
  readonly ended: () => void;
}

/**
 * What one writes without an engine: workers that each take the keys which fall to them, one message after another, with retries, dead letters and a
 * watermark for each partition.
 */
export class HandWritten {
  private readonly options: HandWrittenOptions;
  private readonly queues: Task[][];
  private readonly wake: (() => void)[];
  private readonly progress: Progress[] = [];
  private inFlight = 0;
  private room: () => void = () => {};

  constructor(options: HandWrittenOptions) {
    this.options = options;
    this.queues = Array.from({ length: options.workers }, () => []);
    this.wake = this.queues.map(() => () => {});
    for (let worker = 0; worker < options.workers; worker++) void this.work(worker);
  }

  /** Takes a page in when there is room. */
  async feed(page: readonly LogMessage<Uint8Array>[], partition: number): Promise<void> {
    while (this.inFlight + page.length > this.options.maxInFlight) await new Promise<void>((resolve) => (this.room = resolve));
    this.inFlight += page.length;
    const progress = (this.progress[partition] ??= new Progress(this.options.save));
    for (const message of page) {
      const worker = (hash(message.key ?? "") + partition) % this.queues.length;
      const queue = this.queues[worker] as Task[];
      queue.push({ message, progress, sequence: progress.add() });
      if (queue.length === 1) this.wake[worker]?.();
    }
  }

  private async work(worker: number): Promise<void> {
    const queue = this.queues[worker] as Task[];
    for (;;) {
      while (queue.length === 0) await new Promise<void>((resolve) => (this.wake[worker] = resolve));
      for (let next = 0; next < queue.length; next++) {
        const task = queue[next] as Task;
        await this.process(task.message);
        task.progress.settle(task.sequence);
        this.inFlight--;
        if (this.inFlight <= this.options.maxInFlight / 2) this.room();
        this.options.ended();
      }
      queue.length = 0;
    }
  }

  private async process(message: LogMessage<Uint8Array>): Promise<void> {
    const { service, deadLetter } = this.options;
    try {
      const order = decodeOrder(message.value);
      for (let attempt = 1; ; attempt++) {
        try {
          await service.charge(order, attempt);
          return;
        } catch (error) {
          if (error instanceof Declined || attempt === 3) throw error;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
    } catch (error) {
      await deadLetter(message, error);
    }
  }
}
