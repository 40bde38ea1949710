import type { Payload, OutgoingMessage } from "@spillway/spec";
import {
  memoryLog,
  memoryLogSink,
  memoryQueue,
  memoryQueueSink,
  memoryQueueSource,
  memorySource,
  memoryStores,
  type MemoryLog,
  type MemoryQueue,
  type MemoryStores,
} from "@spillway/memory";
import { getOrMake } from "../get-or-make.ts";
import { oneOf, text, wholeNumber } from "../option.ts";
import { scheme, type Scheme } from "../scheme.ts";

/** Everything that "memory:" URLs of one test lead to. */
export interface MemoryWorld {
  readonly scheme: Scheme;
  /** "connect" and "disconnect", as they were called. */
  readonly calls: readonly string[];
  log(name: string): MemoryLog;
  queue(name: string): MemoryQueue<true>;
  send(url: string, messages: readonly OutgoingMessage<Payload>[]): Promise<void>;
}

/** Makes an empty world; its URLs are "memory:name?as=log&consumer=charges" and "memory:name?as=queue". */
export function memoryWorld(name = "memory"): MemoryWorld {
  const logs = new Map<string, MemoryLog>();
  const queues = new Map<string, MemoryQueue<true>>();
  const stores = new Map<string, MemoryStores>();
  const calls: string[] = [];
  const log = (path: string): MemoryLog => getOrMake(logs, path, () => memoryLog({ name: path, partitions: 2 }));
  const queue = (path: string): MemoryQueue<true> => getOrMake(queues, path, () => memoryQueue({ name: path, groups: true }));
  return {
    calls,
    log,
    queue,
    async send(url, messages) {
      if (url.includes("as=queue")) queue(url.slice(name.length + 1).replace(/\?.*/, "")).send(messages);
      else log(url.slice(name.length + 1).replace(/\?.*/, "")).append(messages);
    },
    scheme: scheme({
      name,
      form: `${name}:log-or-queue?as=log&consumer=name`,
      options: { as: oneOf("log", "queue"), consumer: text(), maxBatchSize: wholeNumber(1, 1_000), token: text({ secret: true }) },
      clientKey: ({ authority }) => authority,
      connect: ({ authority }) => {
        calls.push(`connect ${authority}`);
        return { authority };
      },
      disconnect: ({ authority }) => void calls.push(`disconnect ${authority}`),
      source({ address, options, consumer: reader }) {
        if (options.as === "queue") return memoryQueueSource({ queue: queue(address.path) });
        const consumer = options.consumer ?? reader ?? "consumer";
        return memorySource({ log: log(address.path), consumer, stores: getOrMake(stores, `${address.path} ${consumer}`, memoryStores) });
      },
      sink: ({ address, options }) =>
        options.as === "queue" ? memoryQueueSink({ queue: queue(address.path) }) : memoryLogSink({ log: log(address.path) }),
      stores: undefined,
    }),
  };
}
