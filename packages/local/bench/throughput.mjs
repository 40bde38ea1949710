// Appends and reads a million messages of 300 bytes and prints rates and resident memory. Build first; then
//   node packages/local/bench/throughput.mjs [--durability process-crash|power-loss] [--messages N] [--in-flight N] [--directory PATH]
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { localSource, openLocal, openLog } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    durability: { type: "string", default: "power-loss" },
    messages: { type: "string", default: "1000000" },
    "in-flight": { type: "string", default: "1" },
    directory: { type: "string", default: tmpdir() },
  },
});
const count = Number(values.messages);
const batchSize = 500;
const partitions = 8;

const directory = await mkdtemp(join(values.directory, "spillway-bench-"));
const store = await openLocal({ directory, durability: values.durability });
let peakBytes = 0;
const notePeak = () => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss()));

try {
  const log = await openLog({ store, log: "bench", partitions });
  const payload = Buffer.alloc(280, "x");
  const batchFrom = (first) =>
    Array.from({ length: Math.min(batchSize, count - first) }, (_, n) => ({
      key: `key-${(first + n) % 10_000}`,
      value: payload,
      headers: [["n", String(first + n)]],
    }));
  const appendSeconds = await timed(async () => {
    let next = 0;
    const appender = async () => {
      while (next < count) {
        const first = next;
        next += batchSize;
        await log.append(batchFrom(first));
        if (first % 50_000 === 0) notePeak();
      }
    };
    await Promise.all(Array.from({ length: Number(values["in-flight"]) }, appender));
  });
  report("append", appendSeconds);
  await memory("after appending");

  const source = localSource({ store, log: "bench", consumer: "bench" });
  const { signal } = new AbortController();
  let bytes = 0;
  const readSeconds = await timed(async () => {
    for (const { partition, held } of await log.state()) {
      let missing = held;
      for await (const { messages } of source.read(partition, { from: { at: "earliest" }, signal })) {
        // What a pipeline looks at of every message.
        for (const message of messages) bytes += message.value.length + message.key.length + message.position.length;
        missing -= messages.length;
        notePeak();
        if (missing === 0) break;
      }
    }
  });
  report("read", readSeconds);
  await memory("after reading");
  const { size } = await stat(join(directory, "data.mdb"));
  print(`peak resident ${megabytes(peakBytes)}, file ${megabytes(size)}, ${megabytes(bytes)} looked at`);
} finally {
  await store.close();
  await rm(directory, { recursive: true });
}

async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

function report(what, seconds) {
  print(
    `${what}: ${Math.round(count / seconds).toLocaleString("en")} messages/s (${count} in ${seconds.toFixed(2)} s, ${values.durability})`,
  );
}

async function memory(when) {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const parts = [...status.matchAll(/^(VmRSS|RssAnon|RssFile):\s+(\d+) kB/gm)].map(
    ([, name, kB]) => `${name} ${megabytes(Number(kB) * 1_024)}`,
  );
  print(`${when}: ${parts.join(", ")}`);
}

function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

function print(line) {
  process.stdout.write(`${line}\n`);
}
