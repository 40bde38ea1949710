import { run, type RunReport, type Settled } from "@spillway/core";
import { memoryLog, memoryLogSink, memorySource, memoryStores, type MemorySource } from "@spillway/memory";
import { deadLetterHeader, type DeadLetterMetadata, type OutgoingMessage, type Payload, type Sink } from "@spillway/spec";
import { tap, type Observable } from "rxjs";

/** A log in memory with these messages, as a source; "A=first" has the key A. */
export function messages(...texts: readonly string[]): MemorySource {
  const log = memoryLog({ name: "orders" });
  log.append(texts.map(toMessage));
  return memorySource({ log, consumer: "example", stores: memoryStores() });
}

/** A log in memory, as a sink. */
export function sink(name: string): Sink<Payload> {
  return memoryLogSink({ log: memoryLog({ name }) });
}

/** A sink that prints the dead letters that it is given. */
export function printedDeadLetters(): Sink<Payload> {
  return {
    name: "dead letters",
    traits: { maxBatchSize: 1, order: "none" },
    async write(letters) {
      for (const letter of letters)
        console.log(`dead letter "${textOf(letter)}": ${metadataOf(letter).disposition}, ${metadataOf(letter).error.message}`);
      return letters.map(() => ({ ok: true }));
    },
  };
}

/** Runs a pipeline until so many messages have ended. */
export async function runUntilEnded(count: number, pipeline: Observable<Settled>): Promise<RunReport> {
  const stop = new AbortController();
  let left = count;
  const counted = pipeline.pipe(
    tap(() => {
      if (--left === 0) stop.abort("all have ended");
    }),
  );
  return await run(counted, { signal: stop.signal });
}

/** The counts of a report in one line. */
export function counts({ succeeded, filtered, deadLettered, aborted }: RunReport): string {
  return `${succeeded} succeeded, ${filtered} filtered, ${deadLettered} dead-lettered, ${aborted} aborted`;
}

function toMessage(text: string): OutgoingMessage<Payload> {
  const at = text.indexOf("=");
  return at < 0 ? { value: Buffer.from(text) } : { key: text.slice(0, at), value: Buffer.from(text.slice(at + 1)) };
}

function textOf({ value }: OutgoingMessage<Payload>): string {
  return Buffer.from(value ?? []).toString();
}

function metadataOf({ headers = [] }: OutgoingMessage<Payload>): DeadLetterMetadata {
  const [, value] = headers.find(([name]) => name === deadLetterHeader) ?? [];
  return JSON.parse(String(value)) as DeadLetterMetadata;
}
