import { createHash } from "node:crypto";
import { FakeServiceError } from "./json-server.ts";

/** An attribute as it travels: bytes in base64. */
export type WireAttribute = Readonly<Record<string, unknown>>;

/** One change of an item. */
export interface FakeChange {
  readonly eventName: string;
  readonly keys: Readonly<Record<string, WireAttribute>>;
  readonly newImage?: Readonly<Record<string, WireAttribute>> | undefined;
  readonly oldImage?: Readonly<Record<string, WireAttribute>> | undefined;
  readonly userIdentity?: { readonly Type: string; readonly PrincipalId: string } | undefined;
}

/** One record of a fake table stream. */
export interface FakeChangeRecord extends FakeChange {
  readonly sequenceNumber: bigint;
  readonly createdAtMs: number;
}

/** One shard of a fake table stream. */
export interface FakeTableShard {
  readonly id: string;
  readonly parent: string | undefined;
  /** The part of the hash space that this shard takes: from, not including to; both from 0 to 65,536. */
  readonly range: readonly [from: number, to: number];
  readonly startingSequenceNumber: bigint;
  /** What the shard still holds, in order. */
  readonly records: readonly FakeChangeRecord[];
  /** Everything up to here is trimmed. */
  readonly trimmedThrough: bigint;
  readonly lastSequenceNumber: bigint;
  readonly closed: boolean;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
interface OwnShard extends Omit<Mutable<FakeTableShard>, "records"> {
  records: FakeChangeRecord[];
}

const hashes = 65_536;

/** The shards and records of one fake stream of a table, in memory. */
export class FakeTableStream {
  readonly label: string;
  enabled = true;
  readonly #shards = new Map<string, OwnShard>();
  readonly #nowMs: () => number;
  #opened = 0;
  #last: bigint;

  constructor(label: string, shards: number, nowMs: () => number) {
    this.label = label;
    this.#nowMs = nowMs;
    this.#last = 100_000_000_000_000_000_000n;
    for (let index = 0; index < shards; index += 1) {
      this.#open([Math.floor((hashes * index) / shards), Math.floor((hashes * (index + 1)) / shards)], undefined);
    }
  }

  shards(): readonly FakeTableShard[] {
    return [...this.#shards.values()];
  }

  shard(id: string): FakeTableShard {
    return this.#own(id);
  }

  /** Records a change in the shard that its item belongs to. */
  change(change: FakeChange): FakeChangeRecord {
    const hash = createHash("md5").update(JSON.stringify(change.keys)).digest().readUInt16BE();
    const shard = [...this.#shards.values()].find(({ closed, range: [from, to] }) => !closed && from <= hash && hash < to);
    if (shard === undefined) throw new FakeServiceError("InternalServerError", "The stream is disabled.", 500);
    const record: FakeChangeRecord = { ...change, sequenceNumber: this.#next(), createdAtMs: this.#nowMs() };
    shard.records.push(record);
    shard.lastSequenceNumber = record.sequenceNumber;
    return record;
  }

  /** Closes a shard and opens one that continues it, as happens about every four hours. */
  roll(shardId: string): string {
    const parent = this.#close(shardId);
    return this.#open(parent.range, shardId);
  }

  /** Closes a shard and opens two that continue it. */
  split(shardId: string): readonly [string, string] {
    const {
      range: [from, to],
    } = this.#close(shardId);
    const middle = Math.floor((from + to) / 2);
    return [this.#open([from, middle], shardId), this.#open([middle, to], shardId)];
  }

  /** Drops the records up to and including this one, as 24 hours do. */
  trim(shardId: string, through: bigint): void {
    const shard = this.#own(shardId);
    shard.trimmedThrough = through;
    shard.records = shard.records.filter(({ sequenceNumber }) => sequenceNumber > through);
  }

  /** Forgets a shard, as DynamoDB does when all of it is trimmed. */
  forget(shardId: string): void {
    this.#shards.delete(shardId);
  }

  /** Ends the stream: every shard is closed, and no child follows. */
  disable(): void {
    this.enabled = false;
    for (const shard of this.#shards.values()) shard.closed = true;
  }

  #open(range: OwnShard["range"], parent: string | undefined): string {
    this.#opened += 1;
    const id = `shardId-${String(1_700_000_000_000 + this.#opened).padStart(20, "0")}-${createHash("md5").update(`${this.label}${this.#opened}`).digest("hex").slice(0, 8)}`;
    const startingSequenceNumber = this.#next();
    this.#shards.set(id, {
      id,
      parent,
      range,
      startingSequenceNumber,
      records: [],
      trimmedThrough: 0n,
      lastSequenceNumber: startingSequenceNumber,
      closed: false,
    });
    return id;
  }

  #next(): bigint {
    this.#last += 3n;
    return this.#last;
  }

  #close(id: string): OwnShard {
    const shard = this.#own(id);
    shard.closed = true;
    return shard;
  }

  #own(id: string): OwnShard {
    const shard = this.#shards.get(id);
    if (shard === undefined) throw new FakeServiceError("ResourceNotFoundException", `Requested resource not found: Shard: ${id}`);
    return shard;
  }
}
