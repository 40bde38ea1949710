import { PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { kinesisSink } from "@spillway/kinesis";
import type { Scenario } from "@spillway-tools/bench/bar";
import { ratioOf, sayRounds, stopwatch, type Rounds, type Taken } from "../taken.ts";
import { client, data, onStream } from "./stream.ts";

const calls = 20;
const perCall = 500;
const keys = Array.from({ length: perCall }, (_, index) => `key ${index}`);
const messages = keys.map((key) => ({ key, value: data }));

/** Writes in turn, against PutRecords by hand: 200 bytes, 4 shards, 500 records a call. */
export const putStream: Scenario = {
  bars: [
    { name: "kinesis-put", says: "500 records in turn: rate, of PutRecords by hand", atLeast: 0.95, unit: "x" },
    { name: "kinesis-put-aggregated", says: "the same aggregated: rate, of PutRecords by hand", unit: "x" },
  ],
  async measure() {
    const plain = await callByCall((streamName) => ({ sink: bySink(streamName, "none"), "by hand": byHand(streamName) }), 16);
    const packed = await callByCall((streamName) => ({ aggregated: bySink(streamName, "kpl"), "by hand": byHand(streamName) }), 3);
    return [
      { name: "kinesis-put", ...ratioOf(plain, "wallMs", "by hand", "sink"), detail: sayRounds(plain) },
      { name: "kinesis-put-aggregated", ...ratioOf(packed, "wallMs", "by hand", "aggregated"), detail: sayRounds(packed) },
    ];
  },
};

type Call = () => Promise<void>;

/**
 * What the variants have taken when their calls alternate on one stream, in each round another: the server takes longer for a call the more it holds, and the
 * machine is not the same a second later, for both alike. The first round is to warm up, and is not counted.
 */
async function callByCall(variants: (streamName: string) => Readonly<Record<string, Call>>, rounds: number): Promise<Rounds> {
  const all = new Map<string, Taken[]>();
  for (let round = 0; round <= rounds; round += 1) {
    await onStream({ shards: 4 }, async (streamName) => {
      const entries = Object.entries(variants(streamName));
      const sums = new Map<string, Taken>();
      for (let call = 0; call < calls; call += 1) {
        for (const [name, run] of call % 2 === 0 ? entries : entries.toReversed()) {
          const end = stopwatch();
          await run();
          sums.set(name, sumOf(sums.get(name), end(perCall, 1)));
        }
      }
      if (round > 0) for (const [name, taken] of sums) all.set(name, [...(all.get(name) ?? []), taken]);
    });
  }
  return all;
}

function sumOf(one: Taken | undefined, other: Taken): Taken {
  return {
    messages: (one?.messages ?? 0) + other.messages,
    wallMs: (one?.wallMs ?? 0) + other.wallMs,
    cpuMs: (one?.cpuMs ?? 0) + other.cpuMs,
    calls: (one?.calls ?? 0) + other.calls,
  };
}

function bySink(streamName: string, aggregation: "none" | "kpl"): Call {
  const sink = kinesisSink({ client, streamName, aggregation });
  return async () => {
    for (const result of await sink.write(messages, { signal: AbortSignal.timeout(60_000) })) if (!result.ok) throw result.error;
  };
}

function byHand(StreamName: string): Call {
  return async () => {
    const Records = keys.map((PartitionKey) => ({ PartitionKey, Data: data }));
    const { FailedRecordCount = 0 } = await client.send(new PutRecordsCommand({ StreamName, Records }));
    if (FailedRecordCount > 0) throw new Error(`${FailedRecordCount} records were refused`);
  };
}
