import { setTimeout as sleep } from "node:timers/promises";
import { hasCode, type Lease, type LostMessages, type PartitionId, type Position, type StartPosition } from "@spillway/spec";
import type { KafkaSource } from "../kafka-source.ts";
import { KafkaMessage } from "../read/kafka-message.ts";

/** As much of an engine as it takes to try an adapter: keys in order, a watermark, checkpoints, drains. */
export interface MiniEngine {
  /** Resolves when it has stopped and left; rejects when the source cannot go on. */
  readonly ended: Promise<void>;
  /** Stops as a shutdown does: finishes what has started, saves, gives back. */
  stop(): void;
  /** Stops as a crash does: nothing is finished, saved or given back. Returns the values that had started or succeeded and were not saved. */
  die(): readonly string[];
  /** What the source said was gone. */
  readonly lost: readonly LostMessages[];
  /** Errors of reading that were retried. */
  readonly troubles: readonly unknown[];
  /** The partitions that it has now. */
  readonly leases: ReadonlySet<Lease>;
}

/** What an engine runs. */
export interface MiniEngineOptions {
  readonly source: KafkaSource;
  readonly start?: StartPosition;
  /** Runs one message; it has succeeded when this resolves. Nothing of it may begin once the signal has aborted. */
  readonly handle: (message: KafkaMessage, over: AbortSignal) => Promise<void>;
  /** Hears of each checkpoint that was confirmed. */
  readonly saved: (partition: PartitionId, from: StartPosition) => void;
  readonly slots?: number;
  readonly saveEveryMs?: number;
}

const endless = { signal: new AbortController().signal };

interface Entry {
  readonly message: KafkaMessage;
  state: "waiting" | "running" | "done";
}

/** Starts an engine. */
export function miniEngine({
  source,
  start = { at: "earliest" },
  handle,
  saved,
  slots = 64,
  saveEveryMs = 200,
}: MiniEngineOptions): MiniEngine {
  const { coordination } = source;
  if (coordination.by !== "provider") throw new Error("A Kafka source is shared out by Kafka.");
  const { assigner, checkpoints } = coordination;
  const stopping = new AbortController();
  const dead = new AbortController();
  const lost: LostMessages[] = [];
  const troubles: unknown[] = [];
  const leases = new Set<Lease>();
  const unsaved = new Set<Map<string, Entry>>();
  const owned: Promise<void>[] = [];

  async function run(): Promise<void> {
    for await (const lease of assigner.leases({ start, signal: AbortSignal.any([stopping.signal, dead.signal]) })) {
      if (dead.signal.aborted) return;
      leases.add(lease);
      owned.push(own(lease).finally(() => leases.delete(lease)));
    }
    await Promise.all(owned);
  }

  async function own(lease: Lease): Promise<void> {
    const key = { scope: "test", partition: lease.partition };
    const stop = AbortSignal.any([stopping.signal, lease.drain, dead.signal]);
    const over = AbortSignal.any([lease.lost, dead.signal]);
    const checkpoint = await checkpoints.load(key, lease.token, endless);
    if (checkpoint?.state === "finished") throw new Error("A partition of Kafka never ends.");
    let from = checkpoint?.from ?? lease.start;
    const skip = new Set<Position>(checkpoint?.done ?? []);
    const entries: Entry[] = [];
    const lanes = new Map<string, Entry[]>();
    const notSaved = new Map<string, Entry>();
    unsaved.add(notSaved);
    let running = 0;
    let changed: () => void = () => {};
    for (const signal of [stop, over]) signal.addEventListener("abort", () => changed(), { once: true });
    const change = (): Promise<void> =>
      new Promise((resolve) => {
        changed = resolve;
      });

    const pump = (): void => {
      for (const [lane, queue] of lanes) {
        const [entry] = queue;
        if (entry?.state !== "waiting" || running >= slots || stop.aborted) continue;
        entry.state = "running";
        notSaved.set(entry.message.id, entry);
        running += 1;
        void handle(entry.message, over).then(() => {
          if (dead.signal.aborted) return;
          running -= 1;
          entry.state = "done";
          queue.shift();
          if (queue.length === 0) lanes.delete(lane);
          changed();
          pump();
        });
      }
    };
    let saving: Promise<void> = Promise.resolve();
    // One at a time, as the contract says.
    const save = (): Promise<void> => {
      saving = saving.catch(() => undefined).then(saveNow);
      return saving;
    };
    const saveNow = async (): Promise<void> => {
      let done = 0;
      while (entries[done]?.state === "done") done += 1;
      const last = entries[done - 1];
      if (last !== undefined) from = { at: "after", position: last.message.position };
      entries.splice(0, done);
      const beyond = entries.filter(({ state }) => state === "done").map(({ message }) => message.position);
      const covered = [...notSaved].filter(([, { state }]) => state === "done").map(([id]) => id);
      // What an earlier run had done and this one has not read yet is beyond it too.
      const positions = [...beyond, ...skip].slice(0, checkpoints.maxDone);
      await checkpoints.save(key, { state: "reading", from, done: positions, attempting: undefined }, lease.token, endless);
      saved(lease.partition, from);
      for (const id of covered) notSaved.delete(id);
    };
    const saver = (async () => {
      while (!stop.aborted) {
        await sleep(saveEveryMs);
        if (stop.aborted || notSaved.size === 0) continue;
        await save().catch((error: unknown) => troubles.push(error));
      }
    })();
    const room = async (): Promise<void> => {
      while (entries.length > 500 && !stop.aborted) {
        await change();
        if (entries.length > 500 && entries[0]?.state === "done") await save().catch((error: unknown) => troubles.push(error));
      }
    };

    while (!stop.aborted) {
      try {
        const last = entries.at(-1);
        const at: StartPosition = last === undefined ? from : { at: "after", position: last.message.position };
        for await (const batch of source.read(lease.partition, { from: at, signal: stop })) {
          if (batch.lost !== undefined) lost.push(batch.lost);
          for (const message of batch.messages) {
            if (!(message instanceof KafkaMessage)) throw new Error("Not a message of Kafka.");
            const entry: Entry = { message, state: skip.delete(message.position) ? "done" : "waiting" };
            entries.push(entry);
            if (entry.state === "done") continue;
            const lane = message.key ?? message.id;
            const queue = lanes.get(lane);
            if (queue === undefined) lanes.set(lane, [entry]);
            else queue.push(entry);
          }
          pump();
          await room();
        }
      } catch (error) {
        if (hasClass(error, "fatal")) {
          stopping.abort();
          await saver;
          throw error;
        }
        troubles.push(error);
        await sleep(50);
      }
    }
    while (running > 0 && !over.aborted) await change();
    await saver;
    if (over.aborted) return;
    try {
      await save();
      await lease.release("drained", endless);
    } catch (error) {
      if (!hasCode(error, "SPILLWAY_LEASE_LOST")) throw error;
    }
  }

  const ended = run();
  // Whoever waits for the end hears of it; nobody else has to.
  ended.catch(() => undefined);
  return {
    ended,
    lost,
    troubles,
    leases,
    stop: () => stopping.abort(),
    die() {
      dead.abort();
      return [...unsaved].flatMap((entries) => [...entries.values()].map(({ message }) => String(message.value)));
    },
  };
}

function hasClass(error: unknown, failureClass: string): boolean {
  return typeof error === "object" && error !== null && "failureClass" in error && error.failureClass === failureClass;
}
