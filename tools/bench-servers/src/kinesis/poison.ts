import { setTimeout as sleep } from "node:timers/promises";
import { GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-kinesis";
import { checkpoint, consume, deadLetter, decode, handle, json, retry, exponential, run } from "@spillway/core";
import { kinesisSink, kinesisSource } from "@spillway/kinesis";
import type { Scenario } from "@spillway-tools/bench/bar";
import { client, newStores, onStream, put } from "./stream.ts";

const records = 1_000;
/** The record that nobody can parse, and how long each consumer has. */
const poisonAt = 100;
const forMs = 15_000;

/** One malformed record on a shard: how many of the others are handled in 15 s, here and by a loop that retries what fails before it goes on. */
export const poison: Scenario = {
  bars: [
    { name: "kinesis-poison", says: "one malformed record: of the other 999, handled in 15 s", atLeast: records - 1, unit: "" },
    { name: "kinesis-poison-naive", says: "the same by a loop that retries until it succeeds", unit: "" },
  ],
  async measure() {
    const [engine, naive] = [await onPoisonedStream(byEngine), await onPoisonedStream(byNaiveLoop)];
    const detail = `engine ${engine.handled} of ${records}, ${engine.deadLetters} dead letter; naive ${naive.handled}`;
    if (engine.deadLetters !== 1) throw new Error(`there must be one dead letter, not ${engine.deadLetters}`);
    return [
      { name: "kinesis-poison", value: engine.handled, spread: undefined, detail },
      { name: "kinesis-poison-naive", value: naive.handled, spread: undefined, detail },
    ];
  },
};

interface Outcome {
  readonly handled: number;
  readonly deadLetters: number;
}

function onPoisonedStream(consumer: (streamName: string) => Promise<Outcome>): Promise<Outcome> {
  return onStream({ shards: 1 }, async (streamName) => {
    const text = (index: number): string => (index === poisonAt ? "{" : JSON.stringify({ index }));
    const messages = Array.from({ length: records }, (_, index) => ({ key: `key ${index % 50}`, value: Buffer.from(text(index)) }));
    for (let first = 0; first < records; first += 500) await put(streamName, messages.slice(first, first + 500));
    return consumer(streamName);
  });
}

function byEngine(streamName: string): Promise<Outcome> {
  return onStream({ shards: 1 }, async (letters) => {
    const stop = AbortSignal.timeout(forMs);
    const source = kinesisSource({ client, streamName, consumer: "bench", stores: await newStores() });
    const { succeeded, deadLettered } = await run(
      consume(source, { ordering: "key" }).pipe(
        decode(json()),
        handle(() => undefined),
        retry({ attempts: 5, backoff: exponential({ firstMs: 100, maxMs: 1_000 }) }),
        deadLetter(kinesisSink({ client, streamName: letters })),
        checkpoint(),
      ),
      { signal: stop },
    );
    return { handled: succeeded, deadLetters: deadLettered };
  });
}

/** What one writes first: a record that fails is tried again, because it must not be lost, and nothing may overtake it. */
async function byNaiveLoop(StreamName: string): Promise<Outcome> {
  const stop = AbortSignal.timeout(forMs);
  let { ShardIterator } = await client.send(
    new GetShardIteratorCommand({ StreamName, ShardId: "shardId-000000000000", ShardIteratorType: "TRIM_HORIZON" }),
  );
  let handled = 0;
  while (!stop.aborted) {
    const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 5_000 }));
    for (const { Data = new Uint8Array() } of Records) {
      while (!stop.aborted) {
        try {
          JSON.parse(Buffer.from(Data).toString());
          handled += 1;
          break;
        } catch {
          await sleep(100);
        }
      }
    }
    ShardIterator = NextShardIterator;
    await sleep(200);
  }
  return { handled, deadLetters: 0 };
}
