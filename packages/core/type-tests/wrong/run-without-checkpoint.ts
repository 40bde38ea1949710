import { checkpoint, constant, consume, deadLetter, decode, handle, map, retry, run, text } from "@spillway/core";
import { memoryLog, memoryQueue, memoryQueueSource, memorySink, memorySource } from "@spillway/memory";
import type { LogSource, Payload } from "@spillway/spec";

const source = memorySource({ log: memoryLog({ name: "orders" }), consumer: "test" });
const queue = memoryQueueSource({ queue: memoryQueue({ name: "jobs", groups: false }) });
const dead = memorySink<Payload>();
declare const keyless: LogSource<Payload, { kind: "log"; keys: false }>;
export const used: readonly unknown[] = [
  checkpoint,
  constant,
  consume,
  deadLetter,
  decode,
  handle,
  map,
  retry,
  run,
  text,
  source,
  queue,
  dead,
  keyless,
];

void run(
  consume(source, { ordering: "none" }).pipe(
    handle(() => {}),
    deadLetter(dead),
  ),
);
