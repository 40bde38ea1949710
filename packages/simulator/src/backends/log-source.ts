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

  function page(most: number, done: boolean): Page {
    const at = Math.max(next, partition.trimmedTo);
    const size = Math.min(most, pageSize, partition.messages.length - at);
    return { from: at, units: partition.messages.slice(at, at + size), done };
  }

  async function pull(options_: CallOptions): Promise<Page> {
    return await network.call({
      process,
      point: "read",
      signal: options_.signal,
      about: () => `reading ${id} from ${next}`,
      effect: () => page(pageSize, partition.closed && next >= partition.messages.length),
      partial: () => page(1 + random.below(3), false),
    });
  }

  return {
    async next() {
      if (!signal.aborted) referee.reading(process, partition);
      while (!ended && !signal.aborted && process.alive) {
        const { units, from: at, done } = await pull({ signal });
        const lost = at - next;
        if (lost > 0) referee.lost(process, partition, next, at);
        next = at + units.length;
        referee.delivered(process, id, units);
        if (lost > 0 || units.length > 0) {
          const batch = { messages: units.map(messageOf), behindMs: partition.messages.length - next };
          return { done: false, value: lost > 0 ? { ...batch, lost: { count: lost, reason: "trimmed" } } : batch };
        }
        if (done) break;
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

/** What one call reads. */
interface Page {
  /** Where it begins: later than was asked for when messages were trimmed. */
  readonly from: number;
  readonly units: readonly Unit[];
  readonly done: boolean;
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
