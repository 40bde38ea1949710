import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localSource, openLocal, openLog, type LocalLog, type LocalStore } from "@spillway/local";
import type { Measured, Scenario } from "../bar.ts";
import { median, spreadOf } from "../statistics.ts";

const messages = 1_000_000;
const batchSize = 500;
const partitions = 8;
const appendsInFlight = 4;
/** Rates are taken over parts of this many messages, because on a busy machine no two seconds are alike. */
const partSize = 50_000;

/** The embedded log: a million messages of 300 bytes are appended, several batches under way at once, and then read. */
export const localLog: Scenario = {
  bars: [
    { name: "local-append", says: "appends to the embedded log, 300 B each, in batches of 500", atLeast: 100_000, unit: "per second" },
    { name: "local-read", says: "messages read from it", atLeast: 200_000, unit: "per second" },
    { name: "local-memory", says: "memory of the process meanwhile, with a million messages", atMost: 300, unit: "MB" },
  ],
  async measure() {
    const directory = await mkdtemp(join(tmpdir(), "spillway-bench-"));
    const store = await openLocal({ directory, durability: "process-crash" });
    try {
      const log = await openLog({ store, log: "bench", partitions });
      const memory = new Memory();
      const appended = new Meter();
      await append(log, memory, appended);
      const taken = new Meter();
      await read(store, log, memory, taken);
      const detail = `${messages.toLocaleString("en")} messages, on the wall clock; acknowledged appends survive the death of the process`;
      return [
        appended.measured("local-append", detail),
        taken.measured("local-read", detail),
        { name: "local-memory", value: memory.peakBytes / 1e6, spread: undefined, detail },
      ];
    } finally {
      await store.close();
      await rm(directory, { recursive: true });
    }
  },
};

async function append(log: LocalLog, memory: Memory, meter: Meter): Promise<void> {
  const value = Buffer.alloc(280, "x");
  let next = 0;
  const appender = async (): Promise<void> => {
    while (next < messages) {
      const first = next;
      next += batchSize;
      await log.append(
        Array.from({ length: batchSize }, (_, place) => ({
          key: `key-${(first + place) % 10_000}`,
          value,
          headers: [["n", String(first + place)] as const],
        })),
      );
      meter.add(batchSize);
      memory.look();
    }
  };
  await Promise.all(Array.from({ length: appendsInFlight }, appender));
}

async function read(store: LocalStore, log: LocalLog, memory: Memory, meter: Meter): Promise<void> {
  const source = localSource({ store, log: "bench", consumer: "bench" });
  const { signal } = new AbortController();
  let count = 0;
  for (const { partition, held } of await log.state()) {
    let missing = held;
    for await (const page of source.read(partition, { from: { at: "earliest" }, signal })) {
      // What a pipeline looks at of every message.
      for (const { key, value, position } of page.messages) if (key !== undefined && value !== null && position.length > 0) count++;
      missing -= page.messages.length;
      meter.add(page.messages.length);
      memory.look();
      if (missing === 0) break;
    }
  }
  if (count !== messages) throw new Error(`${count} of ${messages} messages were read`);
}

/** The most resident memory that was seen, the mapped pages of the file included. */
class Memory {
  peakBytes = 0;
  private looks = 0;

  look(): void {
    if (this.looks++ % 100 === 0) this.peakBytes = Math.max(this.peakBytes, process.memoryUsage.rss());
  }
}

/** Messages per second, part by part. */
class Meter {
  private readonly rates: number[] = [];
  private count = 0;
  private sinceMs = performance.now();

  add(more: number): void {
    this.count += more;
    if (this.count < partSize) return;
    const nowMs = performance.now();
    this.rates.push((this.count * 1_000) / (nowMs - this.sinceMs));
    this.count = 0;
    this.sinceMs = nowMs;
  }

  measured(name: string, detail: string): Measured {
    return { name, value: median(this.rates), spread: spreadOf(this.rates), detail };
  }
}
