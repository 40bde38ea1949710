import type { Checkpoint, Receipt } from "@spillway/spec";
import type { Efforts } from "./attempt-watch.ts";
import type { Flight } from "./flight-watch.ts";
import type { Unit } from "./unit.ts";

/** What the engine of one process knows, and so must go by. */
export class ProcessView {
  /** Partitions whose loss it has been told of, or that it has given back. */
  readonly gone: Set<string> = new Set<string>();
  /** Partitions that it serves, by what it tells. */
  readonly served: Set<string> = new Set<string>();
  /** Keys of each partition that a dead letter blocks. */
  readonly blocked: Map<string, Set<string>> = new Map<string, Set<string>>();
  /** Partitions of which it was told that messages are lost, and has not said so yet. */
  readonly losses: Set<string> = new Set<string>();
  /** What the checkpoint that it loaded says is done already. */
  readonly covered: Map<string, Covered> = new Map<string, Covered>();
  /** What each partition's present session has brought to its end. */
  readonly completed: Map<string, Set<Unit>> = new Map<string, Set<Unit>>();
  /** Partitions whose last save has failed, or is under way. */
  readonly unsure: Set<string> = new Set<string>();
  /** The last checkpoint of each partition that it has been told to be saved. */
  readonly saved: Map<string, Checkpoint> = new Map<string, Checkpoint>();
  /** Saves under way, by partition and token. */
  readonly saving: Map<string, number> = new Map<string, number>();
  /** Receipts that it has given back. */
  readonly givenBack: Set<Receipt> = new Set<Receipt>();
  /** Lanes with a write to a sink under way. */
  readonly writing: Map<string, number> = new Map<string, number>();
  /** How many handlers of each stage are running. */
  readonly running: number[] = [];
  /** How often it was given each message. */
  readonly deliveries: Map<Unit, number> = new Map<Unit, number>();
  /** What its stages have done with each unit. */
  readonly efforts: Map<Unit, Efforts> = new Map<Unit, Efforts>();
  /** What it holds of each partition. */
  readonly flights: Map<string, Flight> = new Map<string, Flight>();
  /** Something was aborted in it: handlers that nobody waits for may still be running. */
  disturbed = false;
}

/** The part of a partition that is done. */
export interface Covered {
  /** The last place before the watermark; -1: none. */
  readonly offset: number;
  readonly done: ReadonlySet<number>;
}
