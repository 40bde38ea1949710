import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { _Record } from "@aws-sdk/client-kinesis";
import type { Scenario } from "@spillway-tools/bench/bar";
import { spreadOf } from "@spillway-tools/bench/statistics";
import { kinesisSink, kinesisSource } from "@spillway/kinesis";
import type { PartitionId } from "@spillway/spec";
import { stopwatch } from "../taken.ts";
import { answering } from "./answering.ts";
import { data, storesIn } from "./stream.ts";

const records = 50;
const rounds = 30;
const magicBytes = 4;
const digestBytes = 16;

/** What it costs to make messages of aggregated records, beyond parsing their protocol buffers; no server and no network takes part. */
export const unpack: Scenario = {
  bars: [{ name: "kinesis-unpack", says: "aggregated: CPU of a user record, beyond protobuf alone", atMost: 1, unit: "µs" }],
  async measure() {
    const page = await aggregatedPage();
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const read = await perUserRecord(() => readPage(page));
      const parsed = await perUserRecord(() => Promise.resolve(page.reduce((sum, { Data }) => sum + parse(Data), 0)));
      if (round === 0) continue;
      ours.push(read);
      theirs.push(parsed);
    }
    const beyond = ours.map((each, round) => each - (theirs[round] ?? Number.NaN));
    const [read, parsed] = [Math.min(...ours), Math.min(...theirs)];
    const detail = `${read.toFixed(2)} µs a user record through the source, ${parsed.toFixed(2)} µs protocol buffers alone`;
    return [{ name: "kinesis-unpack", value: read - parsed, spread: spreadOf(beyond), detail }];
  },
};

/** Resolves to the microseconds of CPU that a way of reading takes for each user record; it resolves to how many it has read. */
async function perUserRecord(read: () => Promise<number>): Promise<number> {
  const end = stopwatch();
  const userRecords = await read();
  return (end(userRecords).cpuMs * 1_000) / userRecords;
}

type Page = readonly (_Record & { readonly Data: Uint8Array })[];

/** A page of aggregated records as our sink makes them. */
async function aggregatedPage(): Promise<Page> {
  const page: (_Record & { readonly Data: Uint8Array })[] = [];
  const client = answering({
    ListShards: () => ({
      Shards: [{ ShardId: "shardId-000000000000", HashKeyRange: { StartingHashKey: "0", EndingHashKey: String(2n ** 128n - 1n) } }],
    }),
    DescribeStreamSummary: () => ({}),
    PutRecords({ Records }) {
      for (const { Data, PartitionKey } of Records as readonly { readonly Data: Uint8Array; readonly PartitionKey: string }[])
        page.push({ SequenceNumber: String(page.length), PartitionKey, Data, ApproximateArrivalTimestamp: new Date() });
      return { Records: (Records as readonly object[]).map(() => ({ ShardId: "shardId-000000000000" })) };
    },
  });
  const sink = kinesisSink({ client, streamName: "bench", aggregation: "kpl" });
  while (page.length < records) {
    const messages = Array.from({ length: 5_000 }, (_, index) => ({ key: `key ${index % 100}`, value: data }));
    for (const result of await sink.write(messages, { signal: AbortSignal.timeout(60_000) })) if (!result.ok) throw result.error;
  }
  return page;
}

async function readPage(Records: Page): Promise<number> {
  const client = answering({
    GetShardIterator: () => ({ ShardIterator: "0" }),
    GetRecords: () => ({
      Records,
      MillisBehindLatest: 0,
      ChildShards: [{ ShardId: "shardId-000000000001", ParentShards: ["shardId-000000000000"] }],
    }),
    DescribeStreamSummary: () => ({}),
  });
  // No store is asked for anything here.
  const source = kinesisSource({ client, streamName: "bench", consumer: "bench", stores: storesIn("none") });
  const from = { at: "earliest" } as const;
  let read = 0;
  for await (const { messages } of source.read("shardId-000000000000" as PartitionId, { from, signal: AbortSignal.timeout(60_000) }))
    read += messages.length;
  return read;
}

/** Reads all fields of an aggregated record and makes nothing of them; returns how many user records there are. */
function parse(record: Uint8Array): number {
  const reader = new BinaryReader(record.subarray(magicBytes, record.byteLength - digestBytes));
  const keys: string[] = [];
  let userRecords = 0;
  while (reader.pos < reader.len) {
    const [field] = reader.tag();
    if (field === 1) {
      keys.push(reader.string());
      continue;
    }
    const end = reader.uint32() + reader.pos;
    while (reader.pos < end) {
      const [inner] = reader.tag();
      if (inner === 1) reader.uint32();
      else reader.bytes();
    }
    userRecords += 1;
  }
  return userRecords;
}
