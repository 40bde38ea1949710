import type { Header, Headers, Payload } from "@spillway/spec";
import { badFormat } from "../failures.ts";
import { flags } from "./record-layout.ts";

const noHeaders: Headers = [];

/** A record as it is stored; its parts are decoded when they are asked for. Keeps the whole buffer that it is a part of. */
export class StoredRecord {
  readonly #bytes: Buffer;
  readonly #flags: number;
  readonly #headersAt: number;
  readonly #payloadAt: number;

  /** Takes the record's bytes, which nobody may change afterwards. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#flags = bytes[0] ?? 0;
    const hasKey = (this.#flags & (flags.textKey | flags.binaryKey)) !== 0;
    this.#headersAt = hasKey ? 3 + bytes.readUInt16LE(1) : 1;
    this.#payloadAt = (this.#flags & flags.headers) !== 0 ? this.#headersAt + 4 + bytes.readUInt32LE(this.#headersAt) : this.#headersAt;
    if (this.#payloadAt > bytes.length)
      throw badFormat("A stored message is damaged: its parts are longer than the whole. Restore a backup.");
  }

  /** The key as it was given. */
  get originalKey(): string | Uint8Array | undefined {
    if ((this.#flags & flags.textKey) !== 0) return this.#bytes.toString("utf8", 3, this.#headersAt);
    return (this.#flags & flags.binaryKey) !== 0 ? this.#bytes.subarray(3, this.#headersAt) : undefined;
  }

  /** The key as text; a binary key is written in base64, so that equal keys are equal. */
  get key(): string | undefined {
    return (this.#flags & flags.binaryKey) !== 0
      ? this.#bytes.toString("base64", 3, this.#headersAt)
      : (this.originalKey as string | undefined);
  }

  get payload(): Payload {
    return (this.#flags & flags.tombstone) !== 0 ? null : this.#bytes.subarray(this.#payloadAt);
  }

  get headers(): Headers {
    if ((this.#flags & flags.headers) === 0) return noHeaders;
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
}
