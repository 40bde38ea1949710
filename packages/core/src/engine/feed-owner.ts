import type { Message, Original } from "@spillway/spec";
import type { Credits } from "./credits.ts";
import type { FinalOutcome, Origin } from "./home.ts";
import type { DoneChildren } from "./notes.ts";
import type { TrackedDelivery } from "./tracked-delivery.ts";

/** The side of a feed that knows where its messages come from: a partition's session or a queue's intake. */
export interface FeedOwner {
  readonly credits: Credits;
  readonly origin: Origin;
  /** The bytes that a message arrived with. */
  original(message: Message<unknown>): Original;
  /** What is kept of a message that was settled before an earlier one. */
  noteOf(message: Message<unknown>): string;
  /** Whether a delivery is settled only when the source has confirmed it: then `conclude` is called, which sees to that. */
  readonly confirms: boolean;
  conclude(delivery: TrackedDelivery, outcome: FinalOutcome): void;
  /** So many messages were settled; whether that moved the watermark. */
  settled(count: number, moved: boolean): void;
  /** A message that an earlier run had settled was found; whether that moved the watermark. */
  skipped(moved: boolean): void;
  /** Gives a failed message back to the source, to be delivered again after a delay; false when the source cannot do that. */
  giveBack(delivery: TrackedDelivery, delayMs: number): boolean;
  /** A delivery was aborted: the watermark stays before it. */
  aborted(delivery: TrackedDelivery): void;
  /** Nothing waits and nothing is under way any more. */
  idle(): void;
  /** A key was blocked; so many are. */
  keyBlocked(count: number): void;
  /** Which children of a message an earlier run has ended. */
  doneChildren(message: Message<unknown>): DoneChildren | undefined;
  /** There is something to note in the next checkpoint. */
  noted(): void;
}
