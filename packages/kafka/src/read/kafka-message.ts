import { isUtf8 } from "node:buffer";
import type { Headers, LogMessage, Original, PartitionId, Payload, Position } from "@spillway/spec";
import { positionOf } from "../position.ts";
import { varint, type ByteReader } from "../wire/byte-reader.ts";
import { recordHeaders } from "../wire/record-headers.ts";

/** A record as it lies in its chunk of memory: its fields are cut out when they are read. */
export class KafkaMessage implements LogMessage<Payload> {
  readonly partition: PartitionId;
  readonly offset: number;
  readonly timestampMs: number;
  readonly #chunk: Buffer;
  readonly #keyAt: number;
  readonly #keyLength: number;
  readonly #valueAt: number;
  readonly #valueLength: number;

  constructor(partition: PartitionId, reader: ByteReader, baseOffset: number, firstTimestampMs: number, appendTimeMs: number | undefined) {
    const size = varint(reader);
    const end = reader.at + size;
    reader.at += 1; // attributes: none are in use
    const timestampDelta = varint(reader);
    this.partition = partition;
    this.timestampMs = appendTimeMs ?? firstTimestampMs + timestampDelta;
    this.offset = baseOffset + varint(reader);
    this.#chunk = reader.bytes;
    this.#keyLength = varint(reader);
    this.#keyAt = reader.at;
    reader.at += Math.max(0, this.#keyLength);
    this.#valueLength = varint(reader);
    this.#valueAt = reader.at;
    reader.at = end;
  }

  get id(): string {
    return `${this.partition}@${this.offset}`;
  }

  get position(): Position {
    return positionOf(this.offset);
  }

  /** The key's text; bytes that are no text become text that names them. */
  get key(): string | undefined {
    const bytes = this.#cut(this.#keyAt, this.#keyLength);
    if (bytes === null) return undefined;
    return isUtf8(bytes) ? bytes.toString() : `base64:${bytes.toString("base64")}`;
  }

  get value(): Payload {
    return this.#cut(this.#valueAt, this.#valueLength);
  }

  get headers(): Headers {
    return recordHeaders(this.#chunk, this.#valueAt + Math.max(0, this.#valueLength));
  }

  /** The bytes that the message arrived with. */
  get original(): Original {
    return { key: this.#cut(this.#keyAt, this.#keyLength) ?? undefined, payload: this.value };
  }

  #cut(at: number, length: number): Buffer | null {
    return length < 0 ? null : this.#chunk.subarray(at, at + length);
  }
}
