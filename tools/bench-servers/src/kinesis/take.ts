import { setTimeout as sleep } from "node:timers/promises";
import { GetRecordsCommand, GetShardIteratorCommand, ListShardsCommand } from "@aws-sdk/client-kinesis";
import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import type { DynamoDbStores } from "@spillway/dynamodb";
import { kinesisSource } from "@spillway/kinesis";
import { stopwatch, type Taken } from "../taken.ts";
import { client, newStores } from "./stream.ts";

/** What is done with each record. */
export type Handler = () => void | Promise<void>;

/** How many records one GetRecords takes, and the least time between two of one shard: Kinesis' limit, which no loop on it could go beyond. */
const recordsPerCall = 5_000;
const gapMs = 200;

/** Takes so many records through a whole pipeline in key order, with leases and checkpoints in DynamoDB; the time begins with the first record. */
export async function byEngine(streamName: string, records: number, handler: Handler, concurrency: number): Promise<Taken> {
  const stop = new AbortController();
  let end: ReturnType<typeof stopwatch> | undefined;
  let taken: Taken | undefined;
  let left = records;
  const done = (): void => {
    left -= 1;
    if (left > 0) return;
    taken = end?.(records);
    stop.abort("all was taken");
  };
  const whenOver = async (outcome: Promise<void>): Promise<void> => {
    await outcome;
    done();
  };
  const { succeeded } = await run(
    consume(kinesisSource({ client, streamName, consumer: "bench", stores: await newStores() }), { ordering: "key" }).pipe(
      handle(
        () => {
          end ??= stopwatch();
          const outcome = handler();
          return outcome === undefined ? done() : whenOver(outcome);
        },
        { concurrency },
      ),
      haltOnFailure(),
      checkpoint(),
    ),
    { signal: stop.signal },
  );
  if (taken === undefined || succeeded < records) throw new Error(`${succeeded} records succeeded, but ${records} are there`);
  return taken;
}

/** Loops over all shards side by side, each record handled after the one before it; the time begins with the first record. */
export async function byLoop(streamName: string, records: number, handler: Handler): Promise<Taken> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: streamName }));
  let end: ReturnType<typeof stopwatch> | undefined;
  let left = records;
  await Promise.all(
    Shards.map(async ({ ShardId }) => {
      let { ShardIterator: iterator } = await client.send(
        new GetShardIteratorCommand({ StreamName: streamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
      );
      while (left > 0) {
        const nextMs = performance.now() + gapMs;
        const { Records = [], NextShardIterator } = await client.send(
          new GetRecordsCommand({ ShardIterator: iterator, Limit: recordsPerCall }),
        );
        end ??= stopwatch();
        for (let index = 0; index < Records.length; index += 1) {
          const outcome = handler();
          if (outcome !== undefined) await outcome;
        }
        left -= Records.length;
        iterator = NextShardIterator;
        if (left > 0) await sleep(Math.max(0, nextMs - performance.now()));
      }
    }),
  );
  if (end === undefined || left !== 0) throw new Error(`the loops took ${records - left} of ${records} records`);
  return end(records);
}

/** Starts a pipeline and stops it at its first record; resolves to when that came, in the time of performance.now(). */
export async function firstRecordAt(streamName: string, stores: DynamoDbStores, leaseDurationMs = 10_000): Promise<number> {
  const stop = new AbortController();
  let atMs = Number.NaN;
  const source = kinesisSource({ client, streamName, consumer: "bench", stores });
  await run(
    consume(source, { ordering: "key", leaseDurationMs }).pipe(
      handle(() => {
        if (Number.isNaN(atMs)) atMs = performance.now();
        stop.abort("the first record is there");
      }),
      haltOnFailure(),
      checkpoint(),
    ),
    { signal: stop.signal },
  );
  return atMs;
}
