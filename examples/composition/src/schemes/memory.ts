import { oneOf, scheme, text } from "@spillway/container";
import {
  memoryLog,
  memoryLogSink,
  memoryQueue,
  memoryQueueSink,
  memoryQueueSource,
  memorySource,
  type MemoryLog,
  type MemoryQueue,
} from "@spillway/memory";

/** What is in memory behind "memory:" URLs, by path; it lives as long as the process. */
const logs = new Map<string, MemoryLog>();
const queues = new Map<string, MemoryQueue<true>>();

/** Logs and queues of this process. */
export const memory = scheme({
  name: "memory",
  form: "memory:name?as=log&consumer=name, or memory:name?as=queue",
  options: { as: oneOf("log", "queue"), consumer: text() },
  clientKey: () => "",
  connect: () => ({ log: (path: string) => made(logs, path, logOf), queue: (path: string) => made(queues, path, queueOf) }),
  disconnect: () => undefined,
  source({ address: { path }, client, options: { as, consumer = "consumer" } }) {
    return as === "queue" ? memoryQueueSource({ queue: client.queue(path) }) : memorySource({ log: client.log(path), consumer });
  },
  sink: ({ address: { path }, client, options: { as } }) =>
    as === "queue" ? memoryQueueSink({ queue: client.queue(path) }) : memoryLogSink({ log: client.log(path) }),
  stores: undefined,
});

function logOf(name: string): MemoryLog {
  return memoryLog({ name, partitions: 4 });
}

function queueOf(name: string): MemoryQueue<true> {
  return memoryQueue({ name, groups: true });
}

function made<Thing>(things: Map<string, Thing>, name: string, make: (name: string) => Thing): Thing {
  const thing = things.get(name) ?? make(name);
  things.set(name, thing);
  return thing;
}
