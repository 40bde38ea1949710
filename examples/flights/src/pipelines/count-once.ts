import type { HandleContext } from "@spillway/core";
import { recordNumber } from "../producer/record-number.ts";

/** What is kept of a key: its running statistic, and how far it has come. */
export interface Tally<Statistic> {
  readonly statistic: Statistic;
  /** How many records the statistic is made of. */
  readonly counted: number;
  /** The record that was counted last. */
  readonly lastRecord: number;
  /** How many messages came that had been counted before. */
  readonly deliveredAgain: number;
}

/** A durable table, as far as counting needs one. */
export interface TallyTable<Statistic> {
  /** Changes a value by what it is now, alone; resolves when the new one is durable. */
  update(key: string, change: (tally: Tally<Statistic> | undefined) => Tally<Statistic>): Promise<Tally<Statistic>>;
}

/**
 * A handler that takes each message into its key's statistic exactly once, although it may be delivered more than once.
 *
 * A crash delivers again what was not settled at the last checkpoint, and a statistic that had counted it would count it twice. So the number of the
 * last record is kept with the statistic, and both are written as one value. The messages of a key come in order: what is not after that record is
 * in the statistic already.
 */
export function countOnce<Value, Statistic>(
  table: TallyTable<Statistic>,
  begin: Statistic,
  add: (statistic: Statistic, value: Value) => Statistic,
): (value: Value, context: Pick<HandleContext, "message">) => Promise<Value> {
  const nothing: Tally<Statistic> = { statistic: begin, counted: 0, lastRecord: -1, deliveredAgain: 0 };
  return async (value, { message }) => {
    const record = recordNumber(message);
    await table.update(message.key ?? "", (tally = nothing) =>
      record <= tally.lastRecord
        ? { ...tally, deliveredAgain: tally.deliveredAgain + 1 }
        : { ...tally, statistic: add(tally.statistic, value), counted: tally.counted + 1, lastRecord: record },
    );
    return value;
  };
}
