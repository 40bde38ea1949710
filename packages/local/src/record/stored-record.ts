import type { Header, Headers, Payload } from "@spillway/spec";
import { badFormat } from "../failures.ts";
import { flags } from "./record-layout.ts";

const noHeaders: Headers = [];

/** A record as it is stored; its parts are decoded when they are asked for. Keeps the whole buffer that it is a part of. */
export class StoredRecord {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  readonly #headersAt: number;
  readonly #payloadAt: number;

  /** Takes the bytes that the record is in, which nobody may change afterwards, and where in them it is. */
  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#headersAt = this.#has(flags.textKey | flags.binaryKey) ? start + 3 + bytes.readUInt16LE(start + 1) : start + 1;
    this.#payloadAt = this.#has(flags.headers) ? this.#headersAt + 4 + bytes.readUInt32LE(this.#headersAt) : this.#headersAt;
    if (this.#payloadAt > end) throw badFormat("A stored message is damaged: its parts are longer than the whole. Restore a backup.");
  }

  /** The key as it was given. */
  get originalKey(): string | Uint8Array | undefined {
    return this.#has(flags.binaryKey) ? this.#bytes.subarray(this.#start + 3, this.#headersAt) : this.#textKey();
  }

  /** The key as text; a binary key is written in base64, so that equal keys are equal. */
  get key(): string | undefined {
    return this.#has(flags.binaryKey) ? this.#bytes.toString("base64", this.#start + 3, this.#headersAt) : this.#textKey();
  }

  get payload(): Payload {
    return this.#has(flags.tombstone) ? null : this.#bytes.subarray(this.#payloadAt, this.#end);
  }

  get headers(): Headers {
    if (!this.#has(flags.headers)) return noHeaders;
    const headers: Header[] = [];
    for (let at = this.#headersAt + 4; at < this.#payloadAt; ) {
      const nameEnd = at + 2 + this.#bytes.readUInt16LE(at);
      const valueAt = nameEnd + 5;
      const valueEnd = valueAt + this.#bytes.readUInt32LE(nameEnd + 1);
      const isText = this.#bytes[nameEnd] === 0;
      const value = isText ? this.#bytes.toString("utf8", valueAt, valueEnd) : this.#bytes.subarray(valueAt, valueEnd);
      headers.push([this.#bytes.toString("utf8", at + 2, nameEnd), value]);
      at = valueEnd;
    }
    return headers;
  }

  #has(flag: number): boolean {
    return ((this.#bytes[this.#start] ?? 0) & flag) !== 0;
  }

  #textKey(): string | undefined {
    return this.#has(flags.textKey) ? this.#bytes.toString("utf8", this.#start + 3, this.#headersAt) : undefined;
  }
}
