import type { Checkpoint, FencingToken, Lease, LogBatch, LogMessage, LogSource, PartitionId } from "@spillway/spec";

/** What the benchmark's log can do. */
export interface BenchTraits {
  readonly kind: "log";
  readonly keys: true;
}

/** A log in this process that gives what it is told to, each partition from its own pages again and again, and costs next to nothing itself. */
export interface BenchLog<T> {
  readonly source: LogSource<T, BenchTraits>;
  /** Gives so many messages, the same number from each partition: a multiple of partitions × page size. */
  give(messages: number): void;
  /** Gives pages of one partition only. */
  giveFrom(partition: number, pages: number): void;
  /** The checkpoints last saved. */
  readonly saved: ReadonlyMap<PartitionId, Checkpoint>;
  /** Throws if a partition's checkpoint is not after the last message given. */
  checkWatermarks(): void;
}

interface Tap<T> {
  readonly id: PartitionId;
  readonly pages: readonly (readonly LogMessage<T>[])[];
  /** How many pages it may give. */
  left: number;
  at: number;
  last: LogMessage<T> | undefined;
  opened: () => void;
}

/** Makes one whose partitions have these pages. */
export function benchLog<T>(partitions: readonly (readonly (readonly LogMessage<T>[])[])[]): BenchLog<T> {
  const pageSize = partitions[0]?.[0]?.length ?? 0;
  const saved = new Map<PartitionId, Checkpoint>();
  const taps = partitions.map((pages, number): Tap<T> => {
    return { id: `p${number}` as PartitionId, pages, left: 0, at: 0, last: undefined, opened: () => {} };
  });
  const giveFrom = (tap: Tap<T>, count: number): void => {
    tap.left += count;
    tap.opened();
  };

  async function* read(id: PartitionId, signal: AbortSignal): AsyncGenerator<LogBatch<T>> {
    const tap = taps.find((each) => each.id === id) as Tap<T>;
    const stop = (): void => tap.opened();
    signal.addEventListener("abort", stop, { once: true });
    while (!signal.aborted) {
      if (tap.left === 0) {
        // Says that it has caught up, so that the engine expects little of the page after the pause.
        yield { messages: [] };
        await new Promise<void>((resolve) => {
          tap.opened = resolve;
          if (signal.aborted || tap.left > 0) resolve();
        });
        continue;
      }
      tap.left--;
      const messages = tap.pages[tap.at++ % tap.pages.length] as readonly LogMessage<T>[];
      tap.last = messages.at(-1);
      yield { messages };
    }
    signal.removeEventListener("abort", stop);
  }

  return {
    source: {
      kind: "log",
      name: "bench",
      traits: { kind: "log", keys: true },
      coordination: {
        by: "provider",
        consumer: "bench",
        assigner: { leases: ({ signal }) => leases(taps, signal) },
        checkpoints: {
          maxDone: 1_000,
          load: () => Promise.resolve(undefined),
          save(key, checkpoint) {
            saved.set(key.partition, checkpoint);
            return Promise.resolve();
          },
        },
      },
      partitions: () => Promise.resolve(taps.map(({ id }) => ({ id, parents: [] }))),
      read: (id, { signal }) => read(id, signal),
      count: () => Promise.resolve({ is: "unknown", reason: "the benchmark's log goes round for ever" }),
      original: ({ key, value }) => ({ key, payload: value instanceof Uint8Array ? value : null }),
    },
    give(messages) {
      if (messages % (taps.length * pageSize) !== 0) throw new Error(`${messages} is no multiple of ${taps.length} pages of ${pageSize}`);
      for (const tap of taps) giveFrom(tap, messages / taps.length / pageSize);
    },
    giveFrom: (partition, count) => giveFrom(taps[partition] as Tap<T>, count),
    saved,
    checkWatermarks() {
      for (const { id, last } of taps) {
        const checkpoint = saved.get(id);
        const from = checkpoint?.state === "reading" ? checkpoint.from : undefined;
        if (last !== undefined && (from?.at !== "after" || from.position !== last.position))
          throw new Error(`the checkpoint of ${id} is ${JSON.stringify(from)}, but the last message was ${last.position}`);
      }
    },
  };
}

async function* leases<T>(taps: readonly Tap<T>[], signal: AbortSignal): AsyncGenerator<Lease> {
  for (const { id } of taps) {
    yield {
      partition: id,
      token: 1 as FencingToken,
      start: { at: "earliest" },
      takeover: "clean",
      drain: new AbortController().signal,
      lost: new AbortController().signal,
      release: () => Promise.resolve(),
    };
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
