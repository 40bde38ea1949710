import type { StoredDeadLetter } from "@spillway/local";
import type { ItemResult, OutgoingMessage } from "@spillway/spec";
import type { Backend } from "../pipelines/backend.ts";
import type { InputLog } from "../producer/data-set.ts";

/** An input as its producer sees it, and those who watch it being worked off. */
export interface JobInput {
  /**
   * What tells how far its consumer has come: "positions", which count the messages of a partition from 0, also over several starts; or "counts" of what
   * was settled in this start, for a queue, and for a log whose positions are no numbers of that kind.
   */
  readonly progress: "positions" | "counts";
  /** Resolves to how many messages were ever appended to each partition, by its id; with "counts" there is one entry for all. */
  appended(): Promise<ReadonlyMap<string, number>>;
  /** Appends at most `mostAppended` messages, those of a key in their order. Resolves to one result for each. */
  append(messages: readonly OutgoingMessage<Uint8Array>[]): Promise<readonly ItemResult[]>;
}

/** The most messages that a producer appends at once. */
export const mostAppended = 2_000;

/** A dead letter, wherever it lies. */
export type DeadLetter = Pick<StoredDeadLetter, "metadata" | "key" | "payload" | "headers">;

/** What the pipelines stand on, and what the job around them asks of it. */
export interface JobBackend extends Backend {
  readonly inputs: Readonly<Record<InputLog, JobInput>>;
  /** Yields the dead letters that are there now, in any order, and ends. */
  deadLetters(): AsyncIterable<DeadLetter>;
}
