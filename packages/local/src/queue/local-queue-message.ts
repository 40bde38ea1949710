import type { Headers, Original, Payload, QueueMessage, Receipt } from "@spillway/spec";
import type { StoredRecord } from "../record/stored-record.ts";
import { receiptOf } from "./receipt.ts";

/** A message that a queue has lent. Its parts are decoded when they are first asked for. */
export class LocalQueueMessage implements QueueMessage<Payload> {
  readonly timestampMs: number;
  readonly receiveCount: number;
  readonly receipt: Receipt;
  readonly id: string;
  readonly #record: StoredRecord;
  #value: Payload | undefined;
  #headers: Headers | undefined;

  constructor(sequence: number, receiveCount: number, timestampMs: number, record: StoredRecord) {
    this.id = String(sequence);
    this.receipt = receiptOf(sequence, receiveCount);
    this.receiveCount = receiveCount;
    this.timestampMs = timestampMs;
    this.#record = record;
  }

  get key(): string | undefined {
    return this.#record.key;
  }

  get value(): Payload {
    return (this.#value ??= this.#record.payload);
  }

  get headers(): Headers {
    return (this.#headers ??= this.#record.headers);
  }

  /** Key and payload as they were sent. */
  get original(): Original {
    return { key: this.#record.originalKey, payload: this.value };
  }
}
