import type { LocalStore } from "@spillway/local";
import type { Message, Payload } from "@spillway/spec";
import { expect } from "vitest";
import type { OutputLog } from "../pipelines/backend.ts";
import { dataSets } from "../producer/data-set.ts";
import { recordNumber } from "../producer/record-number.ts";
import { tallies } from "../store/local-backend.ts";
import { expectations } from "./expectations.ts";

/** What a job has left. */
export interface Outcome {
  /** Keeps the statistics. */
  readonly store: LocalStore;
  /** Reads all that the pipelines have written to an output. */
  read(output: OutputLog): Promise<readonly Pick<Message<Payload>, "headers" | "value">[]>;
}

/** Compares all that a job has left with what the files say of their first records. */
export async function expectOutcome({ store, read }: Outcome, limit: number): Promise<void> {
  const expected = await expectations(limit);
  for (const { log } of dataSets) {
    const statistics: Record<string, object> = {};
    for await (const [key, { statistic }] of tallies(store, log).entries()) statistics[key] = statistic;
    expect(statistics).toEqual(expected[log].statistics);
  }
  expect(await recordsIn("late-departures")).toEqual(expected.departures.published);
  expect(await recordsIn("late-routes")).toEqual(expected.routes.published);
  expect(await recordsIn("catalogue")).toEqual(expected.movies.published);
  const letters = (await read("dead-letters")).map((letter) => [recordNumber(letter), Uint8Array.from(letter.value ?? [])] as const);
  expect(new Map(letters)).toEqual(expected.movies.deadLetters);

  /** The records that an output holds, each once. */
  async function recordsIn(output: OutputLog): Promise<readonly number[]> {
    const records = (await read(output)).map(recordNumber);
    return [...new Set(records)].sort((one, other) => one - other);
  }
}
