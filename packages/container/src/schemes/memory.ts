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
} from "@spillway/memory";
import { getOrMake } from "../get-or-make.ts";
import { oneOf, text } from "../option.ts";
import { scheme, type Scheme } from "../scheme.ts";
import { consumerOf } from "./consumer-of.ts";
import { requiredPath } from "./required-path.ts";

const form = "memory:name?as=log&consumer=name, or memory:name?as=queue";

/**
 * Logs, queues and stores in memory, for tests and for trying things out. URLs of one name lead to the same log or queue, which lives as long as what
 * this returns: open it again with the same one to see what is there. A queue keeps each key in order.
 */
export function memoryScheme(): Scheme {
  const logs = new Map<string, MemoryLog>();
  const queues = new Map<string, MemoryQueue<true>>();
  const stores = memoryStores();
  const log = (name: string): MemoryLog => getOrMake(logs, name, () => memoryLog({ name, partitions: 4 }));
  const queue = (name: string): MemoryQueue<true> => getOrMake(queues, name, () => memoryQueue({ name, groups: true }));
  return scheme({
    name: "memory",
    form,
    options: { as: oneOf("log", "queue"), consumer: text() },
    clientKey: () => "",
    connect: () => undefined,
    disconnect: () => undefined,
    source({ address, consumer, options }) {
      const name = requiredPath(address, "a log or a queue", form);
      if (options.as === "queue") return memoryQueueSource({ queue: queue(name) });
      return memorySource({ log: log(name), consumer: consumerOf("consumer", options.consumer, { address, consumer }), stores });
    },
    sink({ address, options }) {
      const name = requiredPath(address, "a log or a queue", form);
      return options.as === "queue" ? memoryQueueSink({ queue: queue(name) }) : memoryLogSink({ log: log(name) });
    },
    stores: () => stores,
  });
}
