import { join } from "node:path";
import {
  endedByReturn,
  type CheckpointStore,
  type LeaseStore,
  type LogBatch,
  type LogMessage,
  type LogSource,
  type Message,
  type PartitionId,
  type Payload,
  type StartPosition,
  systemClock,
  wait,
} from "@spillway/spec";
import { listFiles, readLines, withFile } from "./line-file.ts";
import { keyText, parseLine } from "./line.ts";
import { positionOf, startOffset } from "./start-offset.ts";
import { untilAborted } from "./until-aborted.ts";

/** How a source of a directory of JSON-lines files is made. */
export interface JsonLinesSourceOptions {
  /** Its files NAME.jsonl are the partitions. */
  readonly directory: string;
  /** Processes that give the same name share the files; others read all of them again. */
  readonly consumer: string;
  /** Where the consumer's processes meet: any stores that all of them reach. */
  readonly stores: { readonly leases: LeaseStore; readonly checkpoints: CheckpointStore };
  /** How long to wait at the end of a file before looking again, in milliseconds; left out: 250. */
  readonly pollMs?: number;
}

/** Reads a directory of JSON-lines files: one file is one partition. */
export function jsonLinesSource(options: JsonLinesSourceOptions): LogSource<Payload, { readonly kind: "log"; readonly keys: true }> {
  const { directory, consumer, stores, pollMs = 250 } = options;
  const texts = new WeakMap<Message<Payload>, string>();

  return {
    kind: "log",
    name: directory,
    traits: { kind: "log", keys: true },
    coordination: { by: "leases", consumer, ...stores },
    async partitions({ signal }) {
      const files = await untilAborted(listFiles(directory), signal);
      return files.map((id) => ({ id, parents: [] }));
    },
    read: (partition, { from, signal }) => endedByReturn(signal, (ended) => batches(partition, from, ended)),
    // Exact, an upper bound ("at most"), or unknown and why: a rewind tells its operator.
    count: async () => ({ is: "unknown", reason: "Lines are not counted: it would mean reading the file." }),
    original(message) {
      const text = texts.get(message);
      if (text === undefined) return { key: message.key, payload: message.value };
      const { key, value } = parseLine(text);
      return { key, payload: value };
    },
  };

  async function* batches(partition: PartitionId, from: StartPosition, ended: AbortSignal): AsyncGenerator<LogBatch<Payload>, void> {
    const path = join(directory, partition);
    let offset = await withFile(path, "r", (file) => startOffset(file, from, ended));
    while (!ended.aborted) {
      // Open for one page only: a reading that is aborted while its batch is worked on holds nothing that it would have to free.
      const [lines, { size, mtimeMs }] = await withFile(path, "r", async (file) => [await readLines(file, offset), await file.stat()]);
      const messages = lines.map(({ text, end }) => toMessage(partition, text, end));
      offset = lines.at(-1)?.end ?? offset;
      // The file changed last when its last line was appended.
      yield { messages, behindMs: offset === size ? 0 : Math.max(0, mtimeMs - (messages.at(-1)?.timestampMs ?? mtimeMs)) };
      if (messages.length === 0) await wait(systemClock, pollMs, ended);
    }
  }

  function toMessage(partition: PartitionId, text: string, end: number): LogMessage<Payload> {
    const { key, ...rest } = parseLine(text);
    const position = positionOf(end);
    const message = { id: `${partition}/${position}`, key: keyText(key), ...rest, position };
    texts.set(message, text);
    return message;
  }
}
