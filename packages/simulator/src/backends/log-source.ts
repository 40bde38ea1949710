import type {
  CallOptions,
  Coordination,
  LogBatch,
  LogMessage,
  LogSource,
  MessageCount,
  Partition,
  PartitionId,
  Payload,
  StartPosition,
} from "@spillway/spec";
import type { Network } from "../faults/network.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Referee } from "../referee/referee.ts";
import type { Unit } from "../referee/unit.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import { offsetOf, positionOf } from "./positions.ts";
import type { SimulatedLog, SimulatedPartition } from "./simulated-log.ts";

/** What a source over a simulated log is made of. */
export interface LogSourceOptions {
  readonly log: SimulatedLog;
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly referee: Referee;
  readonly coordination: Coordination;
  /** The most messages in one answer. */
  readonly pageSize: number;
}

/** The log as one process reads it. */
export type SimulatedLogSource = LogSource<Payload, { readonly kind: "log"; readonly keys: true }>;

const pollMs = 2_000;

/** A source over a simulated log, with every call through the network. */
export function logSource(options: LogSourceOptions): SimulatedLogSource {
  const { log, process, network, coordination } = options;
  return {
    kind: "log",
    name: log.name,
    traits: { kind: "log", keys: true },
    coordination,
    partitions: ({ signal }) =>
      network.call<readonly Partition[]>({
        process,
        point: "partitions",
        signal,
        about: () => "listing partitions",
        effect: () => [...log.partitions.values()].map(({ id, parents }) => ({ id, parents })),
      }),
    read: (partition, { from, signal }) => ({ [Symbol.asyncIterator]: () => reader(options, partition, from, signal) }),
    count: (id, { from, until, signal }) =>
      network.call<MessageCount>({
        process,
        point: "partitions",
        signal,
        about: () => `counting ${id}`,
        effect: () => {
          const partition = log.partitions.get(id) as SimulatedPartition;
          return { is: "exactly", messages: Math.max(0, startOf(partition, until) - startOf(partition, from)) };
        },
      }),
    original: (message) => options.referee.originalOf(message.id),
  };
}

function reader(options: LogSourceOptions, id: PartitionId, from: StartPosition, signal: AbortSignal): AsyncIterator<LogBatch<Payload>> {
  const { log, process, network, time, random, referee, pageSize } = options;
  const partition = log.partitions.get(id) as SimulatedPartition;
  let next = startOf(partition, from);
  let ended = false;

  function page(most: number): readonly Unit[] {
    const size = Math.min(most, pageSize, partition.messages.length - next);
    return partition.messages.slice(next, next + size);
  }

  async function pull(options_: CallOptions): Promise<{ readonly units: readonly Unit[]; readonly done: boolean }> {
    return await network.call({
      process,
      point: "read",
      signal: options_.signal,
      about: () => `reading ${id} from ${next}`,
      effect: () => ({ units: page(pageSize), done: partition.closed && next >= partition.messages.length }),
      partial: () => ({ units: page(1 + random.below(3)), done: false }),
    });
  }

  return {
    async next() {
      if (!signal.aborted) referee.reading(process, partition);
      while (!ended && !signal.aborted && process.alive) {
        const { units, done } = await pull({ signal });
        if (done) break;
        if (units.length > 0) {
          next += units.length;
          const behindMs = partition.messages.length - next;
          return { done: false, value: { messages: units.map(messageOf), behindMs } };
        }
        if (await quiet(partition)) return { done: false, value: { messages: [], behindMs: 0 } };
      }
      ended = true;
      return { done: true, value: undefined };
    },
    async return() {
      ended = true;
      return { done: true, value: undefined };
    },
  };

  /** Waits for news of the partition; true when there were none for a while. */
  function quiet({ messages, closed }: SimulatedPartition): Promise<boolean> {
    if (messages.length > next || closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (value: boolean): void => {
        cancel();
        signal.removeEventListener("abort", stop);
        resolve(value);
      };
      const stop = (): void => end(false);
      const cancel = time.schedule(pollMs, () => end(true));
      signal.addEventListener("abort", stop);
      log.onChange(id, stop);
    });
  }
}

function messageOf(unit: Unit): LogMessage<Payload> {
  const { id, key, payload, timestampMs, partition, offset } = unit;
  return { id, key, value: payload, headers: [["n", String(unit.index)]], timestampMs, position: positionOf(partition as string, offset) };
}

function startOf({ messages }: SimulatedPartition, from: StartPosition): number {
  if (from.at === "earliest") return 0;
  if (from.at === "latest") return messages.length;
  if (from.at === "after") return offsetOf(from.position) + 1;
  const found = messages.findIndex(({ timestampMs }) => timestampMs >= from.timestampMs);
  return found < 0 ? messages.length : found;
}
