import type { Headers, LogMessage, Original, Payload, Position } from "@spillway/spec";
import type { StoredRecord } from "../record/stored-record.ts";
import { positionOf } from "./positions.ts";

/** A message of a log. Its parts are decoded when they are first asked for. */
export class LocalLogMessage implements LogMessage<Payload> {
  readonly timestampMs: number;
  readonly #partition: number;
  readonly #sequence: number;
  readonly #record: StoredRecord;
  #key: string | null | undefined = null;
  #value: Payload | undefined;
  #headers: Headers | undefined;

  constructor(partition: number, sequence: number, timestampMs: number, record: StoredRecord) {
    this.#partition = partition;
    this.#sequence = sequence;
    this.timestampMs = timestampMs;
    this.#record = record;
  }

  get id(): string {
    return `${this.#partition}-${this.#sequence}`;
  }

  get key(): string | undefined {
    // null: not decoded yet.
    if (this.#key === null) this.#key = this.#record.key;
    return this.#key;
  }

  get value(): Payload {
    return (this.#value ??= this.#record.payload);
  }

  get headers(): Headers {
    return (this.#headers ??= this.#record.headers);
  }

  get position(): Position {
    return positionOf(this.#sequence);
  }

  /** Key and payload as they were appended. */
  get original(): Original {
    return { key: this.#record.originalKey, payload: this.value };
  }
}
