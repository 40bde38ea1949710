import { checkpoint, consume, haltOnFailure, handle, run } from "@spillway/core";
import { kinesisSource } from "@spillway/kinesis";
import { client, storesIn } from "./stream.ts";

/** A worker that tells its parent of its first record, and is killed then: it holds leases and never gives them back. */
const [streamName = "", tableName = "", leaseDurationMs = ""] = process.argv.slice(2);
const source = kinesisSource({ client, streamName, consumer: "bench", stores: storesIn(tableName) });
await run(
  consume(source, { ordering: "key", leaseDurationMs: Number(leaseDurationMs) }).pipe(
    handle(() => {
      process.send?.("the first record is there");
    }),
    haltOnFailure(),
    checkpoint({ everyMs: 100 }),
  ),
);
