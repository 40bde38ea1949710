import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Findings } from "./findings.ts";
import type { ProcessView } from "./process-view.ts";
import type { Unit } from "./unit.ts";

/** What one process holds of one partition, or of the queue. */
export interface Flight {
  /** Messages that it was given, without those that it has told to be aborted, or that had ended when somebody looked. */
  readonly units: Set<Unit>;
  /** The bytes of the largest page of it that the process has been given, and the messages of the fullest one. */
  largestPage: number;
  fullestPage: number;
}

/** How much of one source an engine may have in flight. */
export interface FlightBounds {
  readonly maxMessages: number;
  /** Undefined where the engine's own bound is never reached. */
  readonly maxBytes: number | undefined;
  /** How many pages of a partition, or of the queue, may be asked for at once. */
  readonly readers: number;
}

/** Where the queue's messages are kept among those of partitions. */
const ofQueue = "";

/**
 * Watches how much the engine of each process holds. A message counts from when it is given to the engine until it has ended: it may be settled a little later,
 * so that the engine holds at least as much.
 */
export class FlightWatch {
  readonly #viewOf: (process: SimulatedProcess) => ProcessView;
  readonly #findings: Findings;

  constructor(viewOf: (process: SimulatedProcess) => ProcessView, findings: Findings) {
    this.#viewOf = viewOf;
    this.#findings = findings;
  }

  /** A page of a partition is given to an engine, or what the queue lends. */
  given(process: SimulatedProcess, partition: string | undefined, page: readonly Unit[]): void {
    const { flights } = this.#viewOf(process);
    const name = partition ?? ofQueue;
    const flight = flights.get(name) ?? { units: new Set(), largestPage: 0, fullestPage: 0 };
    flights.set(name, flight);
    flight.largestPage = Math.max(flight.largestPage, bytesOf(page));
    flight.fullestPage = Math.max(flight.fullestPage, page.length);
    for (const unit of page) flight.units.add(unit);
  }

  /** An engine tells that it has let go of messages. */
  aborted(process: SimulatedProcess, partition: string | undefined, units: readonly Unit[]): void {
    const held = this.#viewOf(process).flights.get(partition ?? ofQueue)?.units;
    for (const unit of units) held?.delete(unit);
  }

  /** Holds an engine to its bounds for its log or its queue: so many pages of each partition may go beyond them, and no more. */
  look(
    process: SimulatedProcess,
    kind: "log" | "queue",
    { maxMessages, maxBytes = Number.POSITIVE_INFINITY, readers }: FlightBounds,
  ): void {
    const held = { messages: 0, bytes: 0 };
    const pages = { messages: 0, bytes: 0 };
    for (const [name, { units, largestPage, fullestPage }] of this.#viewOf(process).flights) {
      if ((name === ofQueue) !== (kind === "queue")) continue;
      for (const unit of units) if (unit.ended) units.delete(unit);
      held.messages += units.size;
      held.bytes += bytesOf(units);
      pages.messages += fullestPage * readers;
      pages.bytes += largestPage * readers;
    }
    this.#hold(process, kind, "messages", held.messages, maxMessages, pages.messages);
    this.#hold(process, kind, "bytes", held.bytes, maxBytes, pages.bytes);
  }

  #hold(process: SimulatedProcess, kind: "log" | "queue", what: string, held: number, most: number, pages: number): void {
    if (held <= most + pages) return;
    this.#findings.add(
      "G5",
      `${process.name} has ${held} ${what} of its ${kind} in flight, where ${most} are allowed, and pages of ${pages} beyond them`,
    );
  }
}

function bytesOf(units: Iterable<Unit>): number {
  let sum = 0;
  for (const { payload } of units) sum += payload.length;
  return sum;
}
