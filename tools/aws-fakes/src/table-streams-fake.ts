import { FakeTableStream, type FakeChangeRecord, type FakeTableShard } from "./fake-table-stream.ts";
import { noFaults, type FakeCall, type Faults } from "./fault.ts";
import { FakeServiceError, startJsonServer, type JsonServer } from "./json-server.ts";

/** How the fake begins. */
export interface TableStreamsFakeOptions {
  readonly tableName?: string;
  readonly shards?: number;
  readonly viewType?: string;
  /** The time that records are made at and that iterators grow old by; the system's by default. */
  readonly nowMs?: () => number;
  /** The most shards that DescribeStream gives in one page. */
  readonly describePageSize?: number;
}

/** The streams of one table, spoken to over HTTP; tests change what they hold and what goes wrong. */
export interface TableStreamsFake extends JsonServer {
  readonly tableName: string;
  /** The stream that is enabled now, or was last. */
  stream(): FakeTableStream;
  streamArn(): string;
  /** Every call so far, in order. */
  readonly calls: readonly FakeCall[];
  /** What goes wrong from now on. */
  setFaults(faults: Faults): void;
  /** All iterators given out so far have expired. */
  expireIterators(): void;
  /** DescribeStream does not show this shard yet. */
  hideShard(shardId: string): void;
  showShard(shardId: string): void;
  /** Disables the stream and enables a new one, with a new ARN and shards of its own. */
  reenable(): FakeTableStream;
  /** Forgets a disabled stream, as DynamoDB does after 24 hours. */
  forgetStream(label: string): void;
}

const iteratorTtlMs = 900_000;

/** Starts the fake on 127.0.0.1. */
export async function startTableStreamsFake(options: TableStreamsFakeOptions = {}): Promise<TableStreamsFake> {
  const { tableName = "orders", shards = 1, viewType = "NEW_AND_OLD_IMAGES", nowMs = Date.now, describePageSize = 100 } = options;
  const tableArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${tableName}`;
  const streams = new Map<string, FakeTableStream>();
  const calls: FakeCall[] = [];
  const hidden = new Set<string>();
  const state = { faults: noFaults, epoch: 0, enabled: 0 };
  let current = enable();

  function enable(): FakeTableStream {
    state.enabled += 1;
    const stream = new FakeTableStream(`2026-01-0${state.enabled}T00:00:00.000`, shards, nowMs);
    streams.set(arnOf(stream), stream);
    return stream;
  }

  function arnOf({ label }: FakeTableStream): string {
    return `${tableArn}/stream/${label}`;
  }

  function streamOf(arn: unknown): FakeTableStream {
    const stream = streams.get(String(arn));
    if (stream === undefined)
      throw new FakeServiceError("ResourceNotFoundException", `Requested resource not found: Stream: ${String(arn)} not found`);
    return stream;
  }

  function iterator(arn: unknown, shardId: string, from: bigint): string {
    return `${String(arn)}|${shardId}|${from}|${state.epoch}|${nowMs()}`;
  }

  const operations: Record<string, (input: FakeCall["input"]) => object> = {
    ListStreams: ({ TableName }) => ({
      Streams:
        TableName === tableName
          ? [...streams.values()].map((stream) => ({ StreamArn: arnOf(stream), StreamLabel: stream.label, TableName }))
          : [],
    }),
    DescribeStream({ StreamArn, ExclusiveStartShardId, ShardFilter }) {
      const stream = streamOf(StreamArn);
      const childrenOf = (ShardFilter as { ShardId?: string } | undefined)?.ShardId;
      const visible = stream.shards().filter(({ id, parent }) => !hidden.has(id) && (childrenOf === undefined || parent === childrenOf));
      const from = ExclusiveStartShardId === undefined ? 0 : visible.findIndex(({ id }) => id === ExclusiveStartShardId) + 1;
      const page = visible.slice(from, from + describePageSize);
      return {
        StreamDescription: {
          StreamArn,
          StreamLabel: stream.label,
          StreamStatus: stream.enabled ? "ENABLED" : "DISABLED",
          StreamViewType: viewType,
          TableName: tableName,
          Shards: page.map(describeShard),
          ...(from + describePageSize < visible.length && { LastEvaluatedShardId: page.at(-1)?.id }),
        },
      };
    },
    GetShardIterator({ StreamArn, ShardId, ShardIteratorType, SequenceNumber }) {
      const shard = streamOf(StreamArn).shard(String(ShardId));
      return { ShardIterator: iterator(StreamArn, shard.id, startOf(shard, String(ShardIteratorType), SequenceNumber)) };
    },
    GetRecords({ ShardIterator, Limit }) {
      const [arn, shardId = "", from = "0", epoch, atMs] = String(ShardIterator).split("|");
      if (Number(epoch) !== state.epoch || nowMs() - Number(atMs) > iteratorTtlMs)
        throw new FakeServiceError("ExpiredIteratorException", "Iterator expired.");
      const shard = streamOf(arn).shard(shardId);
      if (BigInt(from) > 0n && BigInt(from) <= shard.trimmedThrough) throw trimmed();
      const waiting = shard.records.filter(({ sequenceNumber }) => sequenceNumber >= BigInt(from));
      const records = waiting.slice(0, Number(Limit ?? 1_000));
      const last = records.at(-1);
      const ended = shard.closed && records.length === waiting.length;
      return {
        Records: records.map((record) => describeRecord(record, viewType)),
        ...(!ended && { NextShardIterator: iterator(arn, shardId, last === undefined ? BigInt(from) : last.sequenceNumber + 1n) }),
      };
    },
  };

  const server = await startJsonServer({
    contentType: "application/x-amz-json-1.0",
    faults(call) {
      calls.push(call);
      return state.faults(call);
    },
    answer(call) {
      const operation = operations[call.operation];
      if (operation === undefined) throw new FakeServiceError("UnknownOperationException", call.operation);
      return operation(call.input);
    },
  });

  return {
    ...server,
    tableName,
    calls,
    stream: () => current,
    streamArn: () => arnOf(current),
    setFaults: (faults) => {
      state.faults = faults;
    },
    expireIterators: () => {
      state.epoch += 1;
    },
    hideShard: (shardId) => void hidden.add(shardId),
    showShard: (shardId) => void hidden.delete(shardId),
    reenable: () => {
      current.disable();
      current = enable();
      return current;
    },
    forgetStream: (label) => {
      for (const [arn, stream] of streams) if (stream.label === label) streams.delete(arn);
    },
  };
}

function trimmed(): FakeServiceError {
  return new FakeServiceError("TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard.");
}

function startOf(shard: FakeTableShard, type: string, sequenceNumber: unknown): bigint {
  if (type === "TRIM_HORIZON") return 0n;
  if (type === "LATEST") return shard.lastSequenceNumber + 1n;
  const text = String(sequenceNumber);
  if (!/^\d{1,40}$/.test(text) || BigInt(text) < shard.startingSequenceNumber) {
    throw new FakeServiceError("ValidationException", `Invalid SequenceNumber ${text} for shard ${shard.id}`);
  }
  if (BigInt(text) <= shard.trimmedThrough) throw trimmed();
  return BigInt(text) + (type === "AFTER_SEQUENCE_NUMBER" ? 1n : 0n);
}

function describeShard(shard: FakeTableShard): object {
  return {
    ShardId: shard.id,
    ...(shard.parent !== undefined && { ParentShardId: shard.parent }),
    SequenceNumberRange: {
      StartingSequenceNumber: String(shard.startingSequenceNumber),
      ...(shard.closed && { EndingSequenceNumber: String(shard.lastSequenceNumber) }),
    },
  };
}

function describeRecord(record: FakeChangeRecord, viewType: string): object {
  const { eventName, keys, newImage, oldImage, userIdentity } = record;
  return {
    eventID: `event-${record.sequenceNumber}`,
    eventName,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "us-east-1",
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(record.createdAtMs / 1_000),
      Keys: keys,
      ...(viewType.startsWith("NEW") && newImage !== undefined && { NewImage: newImage }),
      ...(viewType.includes("OLD") && oldImage !== undefined && { OldImage: oldImage }),
      SequenceNumber: String(record.sequenceNumber),
      SizeBytes: JSON.stringify(keys).length,
      StreamViewType: viewType,
    },
    ...(userIdentity !== undefined && { userIdentity }),
  };
}
