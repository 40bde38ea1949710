import { deadLetterHeader, type DeadLetterMetadata, type OutgoingMessage, type Payload } from "@spillway/spec";
import {
  memoryLog,
  memorySink,
  memorySource,
  memoryStores,
  type MemoryLog,
  type MemorySink,
  type MemorySource,
  type MemoryStores,
} from "@spillway/memory";
import type { Observable } from "rxjs";
import type { Settled } from "../delivery.ts";
import type { EngineEvent } from "../events.ts";
import { run, type RunOptions, type RunReport } from "../run.ts";
import { virtualClock, type VirtualClock } from "./virtual-clock.ts";

/** A log, stores, dead letters and a clock for one test, and ways to run a pipeline over them. */
export interface World {
  readonly clock: VirtualClock;
  readonly log: MemoryLog;
  readonly stores: MemoryStores;
  readonly deadLetters: MemorySink<Payload>;
  readonly events: EngineEvent[];
  /** A source object for one more pipeline of the consumer "test". */
  source(): MemorySource;
  /** Appends texts; "key=text" has a key. */
  append(...texts: readonly string[]): void;
  /** Starts a pipeline; the result tells how it is going. */
  start(pipeline: Observable<Settled>, options?: RunOptions): Running;
}

/** A pipeline that was started. */
export interface Running {
  readonly report: Promise<RunReport>;
  /** Stops it as a signal would, and resolves to its report when it has ended, in virtual time. */
  stop(): Promise<RunReport>;
}

/** Makes a world. */
export function world(options: { readonly partitions?: number; readonly seed?: number } = {}): World {
  const clock = virtualClock({ seed: options.seed ?? 1 });
  const log = memoryLog({ name: "orders", partitions: options.partitions ?? 1, clock });
  const stores = memoryStores();
  const events: EngineEvent[] = [];
  return {
    clock,
    log,
    stores,
    deadLetters: memorySink<Payload>(),
    events,
    source: () => memorySource({ log, consumer: "test", stores }),
    append: (...texts) => void log.append(texts.map(outgoing)),
    start(pipeline, runOptions = {}) {
      const controller = new AbortController();
      let ended = false;
      const report = run(pipeline, { clock, signal: controller.signal, onEvent: (event) => events.push(event), ...runOptions });
      report.then(
        () => (ended = true),
        () => (ended = true),
      );
      return {
        report,
        async stop() {
          controller.abort(new Error("the test stops it"));
          await clock.runUntil(() => ended);
          return await report;
        },
      };
    },
  };
}

/** The metadata of a dead letter. */
export function metadataOf(letter: OutgoingMessage<Payload>): DeadLetterMetadata {
  const header = letter.headers?.find(([name]) => name === deadLetterHeader);
  return JSON.parse(String(header?.[1])) as DeadLetterMetadata;
}

/** The text of a payload. */
export function textOf(payload: Payload): string {
  return payload === null ? "(tombstone)" : Buffer.from(payload).toString("utf8");
}

function outgoing(text: string): OutgoingMessage<Payload> {
  const [key, value] = text.includes("=") ? text.split("=", 2) : [undefined, text];
  return { key, value: Buffer.from(value ?? "") };
}
