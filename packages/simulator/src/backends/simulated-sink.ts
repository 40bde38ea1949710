import { SpillwayError, succeeded, type ItemResult, type OutgoingMessage, type Payload, type Sink, type SinkTraits } from "@spillway/spec";
import type { FaultPoint } from "../faults/fault.ts";
import type { Network } from "../faults/network.ts";
import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Random } from "../time/random.ts";

/** What a simulated sink is made of. */
export interface SimulatedSinkOptions {
  readonly name: string;
  readonly point: FaultPoint;
  readonly traits: SinkTraits;
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly random: Random;
  /** Hears of each write that the engine makes; the returned function is called when that has ended for the engine, without results when it has failed. */
  readonly writing: (
    messages: readonly OutgoingMessage<Payload>[],
    signal: AbortSignal,
  ) => (results: readonly ItemResult[] | undefined) => void;
  /** Takes one message; throws to refuse it. */
  readonly store: (message: OutgoingMessage<Payload>) => void;
}

/** A sink that stores what is written as its traits promise, with every write through the network. */
export function simulatedSink(options: SimulatedSinkOptions): Sink<Payload> {
  const { name, point, traits, process, network, random, writing, store } = options;

  /** Stores messages until one is refused, by itself or, with this probability, by the fault; what follows it fails as the traits say. */
  function storeAll(messages: readonly OutgoingMessage<Payload>[], refused: number): readonly ItemResult[] {
    const failedKeys = new Set<unknown>();
    let failed = false;
    return messages.map((message) => {
      const behind = traits.order === "write" ? failed : traits.order === "key" && failedKeys.has(message.key);
      if (behind) return { ok: false, error: notAttempted };
      try {
        if (random.chance(refused)) throw new Error(`${name} refused a message`);
        store(message);
        return succeeded;
      } catch (error) {
        failed = true;
        failedKeys.add(message.key);
        return { ok: false, error: error as Error };
      }
    });
  }

  return {
    name,
    traits,
    async write(messages, { signal }) {
      const ended = writing(messages, signal);
      let results: readonly ItemResult[] | undefined = undefined;
      try {
        return (results = await network.call({
          process,
          point,
          signal,
          about: () => `writing ${messages.map(({ id }) => id ?? "?").join(", ")}`,
          effect: () => storeAll(messages, 0),
          partial: () => {
            const partly = storeAll(messages, 0.4);
            if (random.chance(0.3)) throw new Error(`${name} failed when it had stored a part`);
            return partly;
          },
        }));
      } finally {
        ended(results);
      }
    },
  };
}

const notAttempted = new SpillwayError("an earlier message of the write failed", { code: "SPILLWAY_NOT_ATTEMPTED" });
