import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lacking, type LogSourceHarness, type SinkHarness } from "@spillway/conformance";
import { memoryStores } from "@spillway/memory";
import { type Position, systemClock, wait } from "@spillway/spec";
import { jsonLinesSink } from "./json-lines-sink.ts";
import { jsonLinesSource } from "./json-lines-source.ts";
import { maxLineBytes } from "./line-file.ts";
import { parseLine } from "./line.ts";

const files = ["0.jsonl", "1.jsonl"];
const largePayloadBytes = 512 * 1_024; // two thirds of a line, once it is in base64
const never = new AbortController().signal;

/** An empty log in a directory of its own. */
async function openDirectory() {
  const directory = await mkdtemp(join(tmpdir(), "spillway-json-lines-"));
  for (const file of files) await writeFile(join(directory, file), "");
  return {
    directory,
    // What a process that dies in the middle of an append leaves. Files have no state but this.
    async reopen() {
      for (const file of files) await appendFile(join(directory, file), '{"timestampMs":17');
    },
    close: () => rm(directory, { recursive: true }),
  };
}

/** The source. */
export const sourceHarness: LogSourceHarness = {
  name: "json lines",
  deadlineMs: 20_000,
  lacks: {
    counts: "lines are not counted: it would mean reading the file",
    split: "a file stays what it is",
    merge: "a file stays what it is",
    trim: "a log of files keeps all",
  },
  async open() {
    const { directory, reopen, close } = await openDirectory();
    const sink = jsonLinesSink({ directory });
    return {
      source: (consumer) => jsonLinesSource({ directory, consumer, stores: memoryStores(), pollMs: 5 }),
      append: async (messages) => void (await sink.write(messages, { signal: never })),
      nowMs: () => systemClock.nowMs(),
      elapse: (ms) => wait(systemClock, ms, never),
      largePayloadBytes,
      split: lacking,
      merge: lacking,
      trim: lacking,
      foreignPosition: "7" as Position,
      reopen,
      close,
    };
  },
};

/** The sink. */
export const sinkHarness: SinkHarness = {
  name: "json lines",
  deadlineMs: 20_000,
  lacks: { deduplication: "the log does not look at message ids" },
  async open() {
    const { directory, reopen, close } = await openDirectory();
    return {
      sink: () => jsonLinesSink({ directory }),
      async stored() {
        const texts = await Promise.all(files.map((file) => readFile(join(directory, file), "utf8")));
        // What follows the last line break is no line.
        return texts.flatMap((text) => text.split("\n").slice(0, -1)).map(parseLine);
      },
      largePayloadBytes,
      tooLargeBytes: maxLineBytes,
      reopen,
      close,
    };
  },
};
