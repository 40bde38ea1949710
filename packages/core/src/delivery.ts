import type { Message, Outcome } from "@spillway/spec";

/** How far a delivery has come in its pipeline: stages take "open", `retry` gives "retried", `deadLetter` and `haltOnFailure` give "resolved". */
export type Phase = "open" | "retried" | "resolved";

declare const phase: unique symbol;

/** One message on its way through a pipeline. The engine makes deliveries; user code reads them and hands the same object on. */
export interface Delivery<T, P extends Phase = "open"> {
  readonly message: Message<unknown>;
  /** What the stages so far have made of the message. */
  readonly value: T;
  /** Which attempt at the next stage this is: 1 for the first. */
  readonly attempt: number;
  readonly [phase]: P;
}

/** A delivery that has ended. */
export interface Settled {
  readonly message: Message<unknown>;
  readonly outcome: Outcome;
  /** Why a filter turned it away; undefined with every other outcome. */
  readonly reason: string | undefined;
}
