import { hasCode, succeeded, type ItemResult, type Payload, type QueueMessage, type QueueSource, type Receipt } from "@spillway/spec";
import type { FaultPoint } from "../faults/fault.ts";
import type { Network } from "../faults/network.ts";
import type { About } from "../history.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Referee } from "../referee/referee.ts";
import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual-time.ts";
import type { Lent, SimulatedQueue } from "./simulated-queue.ts";

/** What a source over a simulated queue is made of. */
export interface QueueSourceOptions {
  readonly queue: SimulatedQueue;
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly referee: Referee;
  readonly receivers: number;
  readonly maxNackDelayMs: number;
}

/** The queue as one process sees it. */
export type SimulatedQueueSource = QueueSource<Payload, { readonly kind: "queue"; readonly keys: true }>;

const receiving = (): string => "receiving";
const pollMs = 1_000;
const maxReceive = 10;

/** A source over a simulated queue, with every call through the network. */
export function queueSource(options: QueueSourceOptions): SimulatedQueueSource {
  const { queue, process, network, random, referee } = options;
  const call = <T>(point: FaultPoint, signal: AbortSignal, about: About, effect: () => T, partial: () => T): Promise<T> =>
    network.call({ process, point, signal, about, effect, partial });

  function each(receipts: readonly Receipt[], share: number, act: (receipt: Receipt) => void): readonly ItemResult[] {
    return receipts.map((receipt) => {
      if (!random.chance(share)) return { ok: false, error: new Error("a part of a simulated call was refused") };
      try {
        act(receipt);
        return succeeded;
      } catch (error) {
        return { ok: false, error: error as Error };
      }
    });
  }

  function given(lent: readonly Lent[]): readonly QueueMessage<Payload>[] {
    referee.delivered(
      process,
      undefined,
      lent.map(({ unit }) => unit),
    );
    return lent.map(messageOf);
  }

  async function items(
    point: FaultPoint,
    signal: AbortSignal,
    receipts: readonly Receipt[],
    act: (receipt: Receipt) => void,
  ): Promise<readonly ItemResult[]> {
    const about = (): string => `${point} of ${receipts.join(", ")}`;
    const results = await call(
      point,
      signal,
      about,
      () => each(receipts, 1, act),
      () => each(receipts, 0.5, act),
    );
    if (results.some((result) => !result.ok && hasCode(result.error, "SPILLWAY_RECEIPT_LOST"))) referee.viewOf(process).disturbed = true;
    return results;
  }

  return {
    kind: "queue",
    name: queue.name,
    traits: { kind: "queue", keys: true },
    visibilityTimeoutMs: queue.visibilityTimeoutMs,
    maxNackDelayMs: options.maxNackDelayMs,
    receivers: options.receivers,
    async receive({ maxMessages, signal }) {
      const lend = (most: number) => (): readonly Lent[] => queue.lend(most);
      const wanted = Math.min(maxMessages, maxReceive);
      const lent = await call("receive", signal, receiving, lend(wanted), lend(Math.min(wanted, 1 + random.below(3))));
      if (lent.length > 0) return given(lent);
      await news(options, signal);
      const later = await call("receive", signal, receiving, lend(wanted), lend(1));
      return given(later);
    },
    ack(receipts, { signal }) {
      return items("ack", signal, receipts, (receipt) => referee.acknowledged(process, queue.remove(receipt)));
    },
    async nack(receipts, { delayMs, signal }) {
      referee.givingBack(process, receipts);
      return await items("nack", signal, receipts, (receipt) => queue.giveBack(receipt, delayMs));
    },
    extend(receipts, { signal }) {
      referee.extending(process, receipts);
      return items("extend", signal, receipts, (receipt) => queue.extend(receipt));
    },
    advise: async () => [],
    original: (message) => referee.originalOf(message.id),
  };
}

/** Waits for news of the queue, or a while. */
function news({ queue, time }: QueueSourceOptions, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const stop = (): void => {
      cancel();
      reject(signal.reason);
    };
    const cancel = time.schedule(pollMs, end);
    signal.addEventListener("abort", stop, { once: true });
    queue.onChange(end);
  });
}

function messageOf({ unit, receipt, receiveCount }: Lent): QueueMessage<Payload> {
  const { id, key, payload, timestampMs } = unit;
  return { id, key, value: payload, headers: [["n", String(unit.index)]], timestampMs, receipt, receiveCount };
}
