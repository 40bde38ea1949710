import type { CallOptions } from "@spillway/spec";
import { pause } from "../client/abortable.ts";
import { KafkaError } from "../client/kafka-error.ts";
import type { CoordinatorOf, KafkaPort } from "../client/kafka-port.ts";

/** The broker that coordinates a group or an id's transactions: it may move at any time. */
export interface Coordinator {
  /** Makes a call at the coordinator; when it has moved or is not reached, looks for it and calls again, a few times. */
  call<T>(make: (broker: number) => Promise<T>, options: CallOptions): Promise<T>;
}

const moved: ReadonlySet<string> = new Set([
  "NOT_COORDINATOR_FOR_GROUP",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "GROUP_LOAD_IN_PROGRESS",
  "BROKER_NOT_FOUND",
  "CONNECTION",
  "TIMEOUT",
]);
const attempts = 8;

/** Keeps track of a coordinator over one port. */
export function coordinatorOf(port: KafkaPort, of: CoordinatorOf): Coordinator {
  let broker: number | undefined;
  return {
    async call(make, options) {
      for (let attempt = 1, waitMs = 50; ; attempt += 1, waitMs = Math.min(waitMs * 2, 1_000)) {
        try {
          broker ??= await port.coordinator(of, options);
          return await make(broker);
        } catch (error) {
          const isMoved = error instanceof KafkaError && moved.has(error.type);
          if (!isMoved || attempt === attempts || options.signal.aborted) throw error;
          // A coordinator that is loading will answer by itself; any other has to be looked for.
          if (error.type !== "GROUP_LOAD_IN_PROGRESS") broker = undefined;
          await pause(waitMs, options);
          options.signal.throwIfAborted();
        }
      }
    },
  };
}
