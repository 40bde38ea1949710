import { explain, run, type RunReport, type Settled } from "@spillway/core";
import { deadLetterHeader, type DeadLetterMetadata } from "@spillway/spec";
import type { MemoryLog } from "@spillway/memory";
import { tap, type Observable } from "rxjs";
import { beforeAll, describe, expect, it } from "vitest";
import { dataSets, readRecords } from "../producer/data-set.ts";
import { outgoingRecord } from "../producer/outgoing-record.ts";
import { recordNumber } from "../producer/record-number.ts";
import { memoryBackend, type MemoryBackend } from "../store/memory-backend.ts";
import { expectations } from "../testing/expectations.ts";
import { buildPipelines, type PipelineOptions } from "./build-pipelines.ts";

// All of the movies.
const limit = 3_201;

describe("the pipelines, in memory", () => {
  let backend: MemoryBackend;
  let reports: readonly RunReport[];

  beforeAll(async () => {
    backend = await filledBackend();
    reports = await workOffAll(backend, { failRate: 0.02, seed: 7, concurrency: 64 });
  }, 60_000);

  it("keep the statistics of each key that the files have", async () => {
    const expected = await expectations(limit);
    for (const { log } of dataSets) {
      const found = Object.fromEntries([...backend.tallies(log)].map(([key, { statistic }]) => [key, statistic]));
      expect(found).toEqual(expected[log].statistics);
    }
  });

  it("publish each late flight and each movie once", async () => {
    const { departures, routes, movies } = await expectations(limit);
    expect(recordsIn(backend.outputs["late-departures"])).toEqual(departures.published);
    expect(recordsIn(backend.outputs["late-routes"])).toEqual(routes.published);
    expect(recordsIn(backend.outputs.catalogue)).toEqual(movies.published);
  });

  it("move the ten movies without a title that is a text to the dead letters, byte for byte", async () => {
    const { deadLetters } = (await expectations(limit)).movies;
    const found = messagesOf(backend.outputs["dead-letters"]);
    expect(found.length).toBe(10);
    expect(new Map(found.map((message) => [recordNumber(message), message.value]))).toEqual(deadLetters);
    expect(found.map(({ headers }) => metadataOf(headers).disposition)).toEqual(Array.from({ length: 10 }, () => "decode"));
  });

  it("retry what fails now and then, and lose none of it", () => {
    for (const { delivered, succeeded, filtered, deadLettered, aborted, inFlight, retries } of reports) {
      expect(delivered).toBe(succeeded + filtered + deadLettered + aborted);
      expect({ aborted, inFlight }).toEqual({ aborted: 0, inFlight: 0 });
      expect(retries).toBeGreaterThan(10);
    }
  });

  it("dead-letter what fails five times, as exhausted", async () => {
    const troubled = await filledBackend(20);
    const [departures] = await workOffAll(troubled, { failRate: 1, seed: 7, concurrency: 8 });
    expect(departures).toMatchObject({ delivered: 20, deadLettered: 20, retries: 80 });
    const letters = messagesOf(troubled.outputs["dead-letters"]).map(({ headers }) => metadataOf(headers));
    expect(
      letters.filter(({ source }) => source.name === "departures").map(({ disposition, attempts }) => ({ disposition, attempts })),
    ).toEqual(Array.from({ length: 20 }, () => ({ disposition: "exhausted", attempts: 5 })));
    expect(troubled.tallies("departures").size).toBe(0);
  });
});

async function filledBackend(most = limit): Promise<MemoryBackend> {
  const backend = memoryBackend();
  for (const dataSet of dataSets) {
    const records = await readRecords(dataSet, most);
    backend.inputs[dataSet.log].append(records.map((record, number) => outgoingRecord(dataSet, record, number)));
  }
  return backend;
}

async function workOffAll(backend: MemoryBackend, options: PipelineOptions): Promise<readonly RunReport[]> {
  const pipelines = buildPipelines(backend, options);
  return await Promise.all(dataSets.map(({ log }) => workOff(pipelines[log], messagesOf(backend.inputs[log]).length, log)));
}

/** Runs a pipeline until so many messages are settled. */
async function workOff(pipeline: Observable<Settled>, messages: number, name: string): Promise<RunReport> {
  const stop = new AbortController();
  let settled = 0;
  const counted = pipeline.pipe(tap(() => (settled += 1) === messages && stop.abort("all is settled")));
  const report = await run(counted, { name, signal: stop.signal });
  expect(explain(counted).state).toBe("ended");
  return report;
}

function messagesOf(log: MemoryLog) {
  return log.partitions().flatMap(({ id }) => {
    const partition = log.partition(id);
    return Array.from({ length: partition.end() - partition.first() }, (_, index) => partition.at(partition.first() + index)).filter(
      (each) => each !== undefined,
    );
  });
}

function recordsIn(log: MemoryLog): readonly number[] {
  return messagesOf(log)
    .map(recordNumber)
    .sort((one, other) => one - other);
}

function metadataOf(headers: readonly (readonly [string, string | Uint8Array])[]): DeadLetterMetadata {
  return JSON.parse(String(headers.find(([name]) => name === deadLetterHeader)?.[1])) as DeadLetterMetadata;
}
