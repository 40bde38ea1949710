import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario } from "@spillway-tools/bench/bar";
import { inRounds, ratioOf, sayRounds } from "../taken.ts";
import { onStream } from "./stream.ts";
import { byEngine, byLoop } from "./take.ts";

const records = 80_000;
const slowRecords = 2_000;
const slowKeys = 500;
const atOnce = 64;
const fiveMs = (): Promise<void> => sleep(5);

/** A whole pipeline in key order, with leases and checkpoints in DynamoDB, against loops that do nothing else: 200 bytes, 5 calls a second and shard. */
export const consumeStream: Scenario = {
  bars: [
    { name: "kinesis-consume", says: "no-op, 4 shards: rate, of bare GetRecords loops", atLeast: 0.95, unit: "x" },
    { name: "kinesis-key-order", says: "5 ms, 1 shard, 64 at once: rate, of a serial loop", atLeast: 20, unit: "x" },
  ],
  async measure() {
    const bare = await onStream({ shards: 4, records, keys: 10_000 }, (streamName) =>
      inRounds(
        {
          engine: () => byEngine(streamName, records, () => undefined, atOnce),
          loops: () => byLoop(streamName, records, () => undefined),
        },
        4,
      ),
    );
    const slow = await onStream({ shards: 1, records: slowRecords, keys: slowKeys }, (streamName) =>
      inRounds(
        {
          engine: () => byEngine(streamName, slowRecords, fiveMs, atOnce),
          loop: () => byLoop(streamName, slowRecords, fiveMs),
        },
        2,
      ),
    );
    return [
      { name: "kinesis-consume", ...ratioOf(bare, "wallMs", "loops", "engine"), detail: `no-op: ${sayRounds(bare)}` },
      { name: "kinesis-key-order", ...ratioOf(slow, "wallMs", "loop", "engine"), detail: `5 ms: ${sayRounds(slow)}` },
    ];
  },
};
