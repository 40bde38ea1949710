import type { _Record } from "@aws-sdk/client-kinesis";
import type { Headers, LogMessage, PartitionId, Payload, Position } from "@spillway/spec";
import { unpackAggregated, type UserRecord } from "./aggregated-record.ts";
import { fromEnvelope } from "./envelope.ts";
import { hashKeyOf, parseHashKey } from "./hash-key.ts";
import { noKeyPrefix } from "./partition-key.ts";
import { subPosition } from "./shard-position.ts";
import { isWithin, type ShardRange } from "./shard-range.ts";

/** A Kinesis record, or one user record of an aggregated record, as the engine sees it. */
export interface KinesisMessage extends LogMessage<Payload> {
  /** The key's bytes where it arrived as bytes: a key of an envelope. */
  readonly keyBytes: Uint8Array | undefined;
}

/** How a record's messages are taken. */
export interface Taking {
  readonly shard: PartitionId;
  /** The shard's hash keys, where user records that belong to another shard are left out; undefined where all are taken. */
  readonly range: ShardRange | undefined;
}

/**
 * Adds the messages in one record, in their order: one, or as many as it aggregates; without the first `given` of them. Returns how many were left out because
 * they belong to another shard.
 */
export function takeMessages(messages: KinesisMessage[], record: _Record, given: number, { shard, range }: Taking): number {
  const sequenceNumber = record.SequenceNumber ?? "";
  const data = record.Data ?? empty;
  const timestampMs = record.ApproximateArrivalTimestamp?.getTime() ?? 0;
  const unpacked = unpackAggregated(data);
  if (unpacked === undefined) {
    if (given === 0) messages.push(toMessage(shard, sequenceNumber as Position, record.PartitionKey, data, timestampMs));
    return 0;
  }
  let misplaced = 0;
  for (const [index, user] of unpacked.entries()) {
    if (index < given) continue;
    if (range !== undefined && belongsElsewhere(user, range)) misplaced += 1;
    else messages.push(toMessage(shard, subPosition(sequenceNumber, index), user.partitionKey, user.data, timestampMs));
  }
  return misplaced;
}

/** An explicit hash key that is none tells nothing: then the record is taken. */
function belongsElsewhere({ explicitHashKey, partitionKey }: UserRecord, range: ShardRange): boolean {
  const hashKey = explicitHashKey === undefined ? hashKeyOf(partitionKey) : parseHashKey(explicitHashKey);
  return hashKey !== undefined && !isWithin(range, hashKey);
}

const empty = new Uint8Array();
const none: Headers = [];

function toMessage(
  shard: PartitionId,
  position: Position,
  partitionKey: string | undefined,
  data: Uint8Array,
  timestampMs: number,
): KinesisMessage {
  const enveloped = fromEnvelope(data);
  if (enveloped === undefined) {
    const key = partitionKey?.startsWith(noKeyPrefix) === true ? undefined : partitionKey;
    return new Plain(shard, position, key, data, none, timestampMs, undefined);
  }
  const { key, headers, payload } = enveloped;
  if (!(key instanceof Uint8Array)) return new Plain(shard, position, key, payload, headers, timestampMs, undefined);
  // For bytes stands the record's own partition key: equal for equal bytes.
  return new Plain(shard, position, partitionKey, payload, headers, timestampMs, key);
}

/** A class, so that the id, which most messages are never asked for, costs nothing until it is. */
class Plain implements KinesisMessage {
  readonly position: Position;
  readonly key: string | undefined;
  readonly value: Payload;
  readonly headers: Headers;
  readonly timestampMs: number;
  readonly keyBytes: Uint8Array | undefined;
  readonly #shard: PartitionId;

  constructor(
    shard: PartitionId,
    position: Position,
    key: string | undefined,
    value: Payload,
    headers: Headers,
    timestampMs: number,
    keyBytes: Uint8Array | undefined,
  ) {
    this.#shard = shard;
    this.position = position;
    this.key = key;
    this.value = value;
    this.headers = headers;
    this.timestampMs = timestampMs;
    this.keyBytes = keyBytes;
  }

  get id(): string {
    return `${this.#shard}:${this.position}`;
  }
}
