import type { LogSource, LogTraits, QueueSource, QueueTraits, SourceTraits, StartPosition } from "@spillway/spec";
import type { Observable } from "rxjs";
import type { Delivery } from "./delivery.ts";
import { inputOf } from "./engine/input-of.ts";
import { Root } from "./engine/root.ts";
import { Pipeline } from "./pipeline.ts";

/** What a source of these traits can keep in order. */
export type Orderings<Traits extends SourceTraits> =
  | "none"
  | (Traits["kind"] extends "log" ? "partition" : never)
  | (Traits["keys"] extends true ? "key" : never);

/** How a source is read. */
export interface ConsumeOptions<Order extends string> {
  /**
   * What must stay in order, also across retries, rebalances and restarts: "none" (fastest), "key" (a key's messages one after another, different keys
   * side by side; messages without a key are free), or "partition".
   */
  readonly ordering: Order;
  /** The most messages in flight, waiting ones included: the bound on memory, and on what a crash delivers again. Default 4,096. */
  readonly maxInFlight?: number;
  /** The most payload bytes in flight, where values are bytes or text. One page of each partition may go beyond it. Default 64 MiB. */
  readonly maxBytesInFlight?: number;
  /**
   * How often the process may have died in a message before that is dead-lettered as "crashed" without being run. Default 3. After a crash, the first
   * messages start one at a time, in the whole process, to find out which it is. On a queue, a message given out more often than this runs alone, and beyond
   * four times that is dead-lettered, unless the pipeline may halt.
   */
  readonly crashLimit?: number;
}

/** How a log is read. */
export interface ConsumeLogOptions<Order extends string> extends ConsumeOptions<Order> {
  /** Where a consumer that has no checkpoint begins. Default earliest. */
  readonly start?: StartPosition;
  /**
   * How long a worker may be silent before others take its partitions, where the engine shares them out itself: the silence after a crash, and a third of
   * it the time between renewals. Default 10,000; with a store on the same machine, 1,000 is fine.
   */
  readonly leaseDurationMs?: number;
}

/**
 * Begins a pipeline: delivers the messages of a source.
 *
 * Emits a delivery for each message, as soon as the first handler has room for it and its lane is free · Holds back while maxInFlight messages or
 * maxBytesInFlight bytes are unsettled, or a later stage is crowded · Completes when the run is stopped and everything under way has ended · Errors
 * only when the engine cannot go on.
 *
 * What can bite: a source object is for one pipeline at a time; run() refuses the second one.
 *
 * ```ts
 * consume(localSource({ store, log: "orders", consumer: "charges" }), { ordering: "key" })
 * ```
 */
export function consume<T, Traits extends LogTraits>(
  source: LogSource<T, Traits>,
  options: ConsumeLogOptions<Orderings<Traits>>,
): Observable<Delivery<T>>;
/** The same for a queue, which has no partitions, no start positions and no leases. */
export function consume<T, Traits extends QueueTraits>(
  source: QueueSource<T, Traits>,
  options: ConsumeOptions<Orderings<Traits>>,
): Observable<Delivery<T>>;
export function consume(
  source: LogSource<unknown> | QueueSource<unknown>,
  options: ConsumeLogOptions<string>,
): Observable<Delivery<unknown>> {
  return new Pipeline({ from: "source", root: new Root([inputOf(source, options, 0)], 1) }, []);
}
