import { createHash } from "node:crypto";
import { FakeServiceError } from "./json-server.ts";

/** One record of a fake stream. */
export interface FakeRecord {
  readonly sequenceNumber: bigint;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly arrivedAtMs: number;
}

/** One shard of a fake stream. */
export interface FakeShard {
  readonly id: string;
  readonly index: number;
  readonly startingHashKey: bigint;
  readonly endingHashKey: bigint;
  readonly parents: readonly string[];
  readonly startingSequenceNumber: bigint;
  /** What the shard still holds, in order. */
  readonly records: readonly FakeRecord[];
  /** The first number that no record has been given yet. */
  readonly nextSequenceNumber: bigint;
  readonly closed: boolean;
}

/** What a record is put with. */
export interface FakePut {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly explicitHashKey?: string | undefined;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };
interface OwnShard extends Omit<Mutable<FakeShard>, "records"> {
  records: FakeRecord[];
}

const hashKeys = 1n << 128n;
/** Kinesis numbers records with 186 bits: a version on top, the shard's number in bits 4 to 35. */
const version = 2n << 184n;
const step = 1n << 64n;

/** The shards and records of a fake Kinesis stream, in memory. */
export class FakeStream {
  readonly #shards = new Map<string, OwnShard>();
  readonly #nowMs: () => number;

  constructor(shards: number, nowMs: () => number) {
    this.#nowMs = nowMs;
    const width = hashKeys / BigInt(shards);
    for (let index = 0; index < shards; index += 1) {
      const start = width * BigInt(index);
      this.#open(start, index === shards - 1 ? hashKeys - 1n : start + width - 1n, []);
    }
  }

  shards(): readonly FakeShard[] {
    return [...this.#shards.values()];
  }

  shard(id: string): FakeShard {
    return this.#own(id);
  }

  /** Appends a record to the shard that its key, or its explicit hash key, belongs to. */
  put({ partitionKey, data, explicitHashKey }: FakePut): { readonly shardId: string; readonly sequenceNumber: string } {
    const hash = explicitHashKey === undefined ? hashOf(partitionKey) : BigInt(explicitHashKey);
    const shard = [...this.#shards.values()].find((each) => !each.closed && each.startingHashKey <= hash && hash <= each.endingHashKey);
    if (shard === undefined) throw new FakeServiceError("InternalFailure", `no shard for hash key ${hash}`, 500);
    return this.putTo(shard.id, { partitionKey, data });
  }

  /** Appends a record to this shard, whatever its key. */
  putTo(shardId: string, { partitionKey, data }: FakePut): { readonly shardId: string; readonly sequenceNumber: string } {
    const shard = this.#own(shardId);
    const sequenceNumber = shard.nextSequenceNumber;
    shard.nextSequenceNumber += step;
    shard.records.push({ sequenceNumber, partitionKey, data, arrivedAtMs: this.#nowMs() });
    return { shardId, sequenceNumber: String(sequenceNumber) };
  }

  /** Closes a shard and opens two that continue it. */
  split(shardId: string): readonly [string, string] {
    const parent = this.#close(shardId);
    const middle = (parent.startingHashKey + parent.endingHashKey) / 2n;
    return [this.#open(parent.startingHashKey, middle, [shardId]), this.#open(middle + 1n, parent.endingHashKey, [shardId])];
  }

  /** Closes two adjacent shards and opens one that continues both. */
  merge(shardId: string, adjacent: string): string {
    const [one, other] = [this.#close(shardId), this.#close(adjacent)];
    const start = one.startingHashKey < other.startingHashKey ? one.startingHashKey : other.startingHashKey;
    const end = one.endingHashKey > other.endingHashKey ? one.endingHashKey : other.endingHashKey;
    return this.#open(start, end, [shardId, adjacent]);
  }

  /** Drops the records up to and including this one, as retention does. */
  trim(shardId: string, through: string): void {
    const shard = this.#own(shardId);
    shard.records = shard.records.filter(({ sequenceNumber }) => sequenceNumber > BigInt(through));
  }

  /** Forgets a shard, as Kinesis does when a closed one has outlived the retention period. */
  forget(shardId: string): void {
    this.#shards.delete(shardId);
  }

  #open(startingHashKey: bigint, endingHashKey: bigint, parents: readonly string[]): string {
    const index = this.#opened;
    this.#opened += 1;
    const id = `shardId-${String(index).padStart(12, "0")}`;
    const startingSequenceNumber = version | (BigInt(index + 1) << 100n) | (BigInt(index) << 4n) | 2n;
    this.#shards.set(id, {
      id,
      index,
      startingHashKey,
      endingHashKey,
      parents,
      startingSequenceNumber,
      nextSequenceNumber: startingSequenceNumber + step,
      records: [],
      closed: false,
    });
    return id;
  }

  #opened = 0;

  #close(id: string): OwnShard {
    const shard = this.#own(id);
    if (shard.closed) throw new FakeServiceError("ResourceInUseException", `Shard ${id} is closed already.`);
    shard.closed = true;
    return shard;
  }

  #own(id: string): OwnShard {
    const shard = this.#shards.get(id);
    if (shard === undefined) throw new FakeServiceError("ResourceNotFoundException", `Shard ${id} in stream does not exist.`);
    return shard;
  }
}

/** Whether a sequence number was made by this shard. */
export function isOfShard(sequenceNumber: bigint, { index }: FakeShard): boolean {
  return sequenceNumber >> 184n === 2n && ((sequenceNumber >> 4n) & 0xff_ff_ff_ffn) === BigInt(index);
}

function hashOf(partitionKey: string): bigint {
  return BigInt(`0x${createHash("md5").update(partitionKey, "utf8").digest("hex")}`);
}
