import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, consume, decode, explain, haltOnFailure, handle, run, text } from "@spillway/core";
import { memoryLog, memorySource } from "@spillway/memory";

const clicks = memoryLog({ name: "clicks", partitions: 2 });
clicks.append(Array.from({ length: 10_000 }, (_, click) => ({ key: `user-${click % 50}`, value: Buffer.from(`click ${click}`) })));

const visits = consume(memorySource({ log: clicks, consumer: "visits" }), { ordering: "key" }).pipe(
  decode(text()),
  handle(() => sleep(100), { concurrency: 10 }),
  haltOnFailure(),
  checkpoint({ everyMs: 1_000 }),
);

const stop = new AbortController();
// Not once(): npm passes Ctrl-C on to what it runs, so that it may come twice, and the second one would end the process at once.
process.on("SIGTERM", () => stop.abort("asked to stop"));
process.on("SIGINT", () => stop.abort("asked to stop"));

const watching = setInterval(() => {
  for (const { partition, unsettled, firstUnsettled } of explain(visits).feeds) {
    console.log(`${partition}: ${unsettled} unsettled, the first one ${firstUnsettled?.state ?? "is not there"}`);
  }
}, 500);

const report = await run(visits, { signal: stop.signal, drainTimeoutMs: 25_000 });
clearInterval(watching);
console.log(`${report.stoppedBecause}: ${report.succeeded} succeeded, ${report.aborted} given back, ${report.inFlight} in flight`);
