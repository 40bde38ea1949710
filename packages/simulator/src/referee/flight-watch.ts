import type { SimulatedProcess } from "../process/simulated-process.ts";
import type { Findings } from "./findings.ts";
import type { ProcessView } from "./process-view.ts";
import type { Unit } from "./unit.ts";

/** What one process holds of one partition. */
export interface Flight {
  /** Messages that it was given, without those that it has told to be aborted, or that had ended when somebody looked. */
  readonly units: Set<Unit>;
  /** The bytes of the largest page of it that the process has been given. */
  largestPage: number;
}

/**
 * Watches how many bytes of a log the engine of each process holds. A message counts from when it is given to the engine until it has ended: it may be settled
 * a little later, so that the engine holds at least as much. Messages of a queue are left out, because nobody tells which of them an engine has aborted.
 */
export class FlightWatch {
  readonly #viewOf: (process: SimulatedProcess) => ProcessView;
  readonly #findings: Findings;

  constructor(viewOf: (process: SimulatedProcess) => ProcessView, findings: Findings) {
    this.#viewOf = viewOf;
    this.#findings = findings;
  }

  /** A page of a partition is given to an engine. */
  given(process: SimulatedProcess, partition: string, page: readonly Unit[]): void {
    const { flights } = this.#viewOf(process);
    const flight = flights.get(partition) ?? { units: new Set(), largestPage: 0 };
    flights.set(partition, flight);
    flight.largestPage = Math.max(flight.largestPage, bytesOf(page));
    for (const unit of page) flight.units.add(unit);
  }

  /** An engine tells that it has let go of messages. */
  aborted(process: SimulatedProcess, partition: string, units: readonly Unit[]): void {
    const held = this.#viewOf(process).flights.get(partition)?.units;
    for (const unit of units) held?.delete(unit);
  }

  /** Holds an engine to its bound: one page of each partition may go beyond it, and no more. */
  look(process: SimulatedProcess, maxBytes: number): void {
    let held = 0;
    let pages = 0;
    for (const { units, largestPage } of this.#viewOf(process).flights.values()) {
      for (const unit of units) if (unit.ended) units.delete(unit);
      held += bytesOf(units);
      pages += largestPage;
    }
    if (held <= maxBytes + pages) return;
    this.#findings.add(
      "G5",
      `${process.name} has ${held} bytes in flight, where ${maxBytes} are allowed, and pages of ${pages} beyond them`,
    );
  }
}

function bytesOf(units: Iterable<Unit>): number {
  let sum = 0;
  for (const { payload } of units) sum += payload.length;
  return sum;
}
