import type { LocalStore } from "@spillway/local";
import type { DeadLetter, JobBackend } from "../backends/job-backend.ts";
import { dataSets, type InputLog } from "../producer/data-set.ts";
import { lengthOf } from "../producer/produce.ts";
import { recordNumber } from "../producer/record-number.ts";
import { tallies } from "../store/local-backend.ts";

/** What the store says of one pipeline, over all starts. */
export interface PipelineFacts {
  readonly log: InputLog;
  readonly appended: number;
  /** Messages that were taken into the statistics; each once. */
  readonly counted: number;
  /** Messages that became dead letters; each once, however often it was written. */
  readonly deadLettered: number;
  /** How many of these may have been counted before they failed: at a later stage, or because the process died. */
  readonly perhapsCounted: number;
  /** How many messages came to be counted that had been counted before. */
  readonly deliveredAgain: number;
}

/** What the store says of the whole job. */
export interface Facts {
  readonly pipelines: readonly PipelineFacts[];
  /** One for each message, of repeated ones the first; in the order of their files. */
  readonly deadLetters: readonly DeadLetter[];
  /** Those that a crash made repeat. */
  readonly repeatedDeadLetters: number;
}

const stagesBeforeCounting: readonly string[] = ["decode", "lookup"];

/** Reads from the store and the backend what has become of all messages, in all starts. */
export async function readFacts(store: LocalStore, backend: JobBackend): Promise<Facts> {
  const letters = new Map<string, DeadLetter>();
  let written = 0;
  for await (const letter of backend.deadLetters()) {
    written += 1;
    const { source, id } = letter.metadata;
    const name = `${source.name} ${id}`;
    if (!letters.has(name)) letters.set(name, letter);
  }
  const deadLetters = [...letters.values()].sort(bySourceAndRecord);
  const pipelines = await Promise.all(
    dataSets.map(async ({ log }): Promise<PipelineFacts> => {
      let counted = 0;
      let deliveredAgain = 0;
      for await (const [, tally] of tallies(store, log).entries()) {
        counted += tally.counted;
        deliveredAgain += tally.deliveredAgain;
      }
      const ours = deadLetters.map(({ metadata }) => metadata).filter(({ source }) => source.name === log);
      const perhapsCounted = ours.filter(({ stage }) => !stagesBeforeCounting.includes(stage)).length;
      return { log, appended: await lengthOf(backend.inputs[log]), counted, deadLettered: ours.length, perhapsCounted, deliveredAgain };
    }),
  );
  return { pipelines, deadLetters, repeatedDeadLetters: written - deadLetters.length };
}

function bySourceAndRecord(one: DeadLetter, other: DeadLetter): number {
  const bySource = one.metadata.source.name.localeCompare(other.metadata.source.name);
  return bySource === 0 ? recordNumber(one) - recordNumber(other) : bySource;
}
