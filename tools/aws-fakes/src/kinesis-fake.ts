import { FakeStream, isOfShard, type FakeShard } from "./fake-stream.ts";
import { noFaults, type FakeCall, type Faults } from "./fault.ts";
import { FakeServiceError, startJsonServer, type JsonServer } from "./json-server.ts";
import type { HttpVersion } from "./local-listener.ts";
import { streamEvents, type SubscriptionScript } from "./subscribe-to-shard.ts";

/** How a fake Kinesis begins. */
export interface KinesisFakeOptions {
  readonly streamName?: string;
  readonly shards?: number;
  /** The time that records arrive at and that iterators grow old by; the system's by default. */
  readonly nowMs?: () => number;
  /** The most shards that ListShards gives in one page. */
  readonly listPageSize?: number;
  readonly maxRecordSizeKiB?: number;
  /** Default "1.1". */
  readonly httpVersion?: HttpVersion;
}

/** A Kinesis with one stream, spoken to over HTTP; tests change what it holds and what goes wrong. */
export interface KinesisFake extends JsonServer {
  readonly streamName: string;
  readonly stream: FakeStream;
  /** Every call so far, in order. */
  readonly calls: readonly FakeCall[];
  /** What goes wrong from now on. */
  setFaults(faults: Faults): void;
  /** Which entries of PutRecords fail, and with which code. */
  setEntryFaults(faults: (partitionKey: string) => "ProvisionedThroughputExceededException" | "InternalFailure" | undefined): void;
  /** All iterators given out so far have expired. */
  expireIterators(): void;
  /** All tokens of ListShards given out so far have expired. */
  expireListTokens(): void;
  /** ListShards does not show this shard yet. */
  hideShard(shardId: string): void;
  showShard(shardId: string): void;
  /** The next GetRecords of the shard find nothing, though there are records further on. */
  addEmptyPages(shardId: string, count: number): void;
  deleteStream(): void;
  /** What the coming subscriptions do; each takes the next script, then they behave. */
  scriptSubscriptions(scripts: readonly SubscriptionScript[]): void;
  /** How many subscriptions have an open HTTP stream. */
  openSubscriptions(): number;
  /** How many events were written into subscriptions so far, read or not. */
  eventsWritten(): number;
}

const iteratorTtlMs = 300_000;
const consumerTime = 1_700_000_000;

/** Starts a fake Kinesis on 127.0.0.1. */
export async function startKinesisFake(options: KinesisFakeOptions = {}): Promise<KinesisFake> {
  const { streamName = "orders", shards = 1, nowMs = Date.now, listPageSize = 1_000, maxRecordSizeKiB = 1_024 } = options;
  const stream = new FakeStream(shards, nowMs);
  const streamArn = `arn:aws:kinesis:us-east-1:000000000000:stream/${streamName}`;
  const calls: FakeCall[] = [];
  const hidden = new Set<string>();
  const emptyPages = new Map<string, number>();
  const consumers = new Map<string, string>();
  const scripts: SubscriptionScript[] = [];
  const state = { faults: noFaults, iteratorEpoch: 0, tokenEpoch: 0, deleted: false, subscriptions: 0, events: 0 };
  let entryFaults: Parameters<KinesisFake["setEntryFaults"]>[0] = () => undefined;

  const operations: Record<string, (input: FakeCall["input"]) => object> = {
    ListShards(input) {
      const token = input.NextToken as string | undefined;
      if (token !== undefined && input.StreamName !== undefined) {
        throw new FakeServiceError("InvalidArgumentException", "NextToken and StreamName cannot be provided together.");
      }
      const [epoch = state.tokenEpoch, from = 0] = token === undefined ? [] : token.split(":").map(Number);
      if (epoch !== state.tokenEpoch) throw new FakeServiceError("ExpiredNextTokenException", "The token has expired.");
      const visible = stream.shards().filter(({ id }) => !hidden.has(id));
      const page = visible.slice(from, from + listPageSize).map(describeShard);
      const next = from + listPageSize;
      return { Shards: page, ...(next < visible.length && { NextToken: `${state.tokenEpoch}:${next}` }) };
    },
    DescribeStreamSummary: () => ({
      StreamDescriptionSummary: {
        StreamName: streamName,
        StreamARN: streamArn,
        StreamStatus: "ACTIVE",
        RetentionPeriodHours: 24,
        StreamCreationTimestamp: consumerTime,
        EnhancedMonitoring: [],
        OpenShardCount: stream.shards().filter(({ closed }) => !closed).length,
        MaxRecordSizeInKiB: maxRecordSizeKiB,
      },
    }),
    GetShardIterator(input) {
      const shard = stream.shard(String(input.ShardId));
      return { ShardIterator: iterator(shard.id, startOf(shard, input, nowMs())) };
    },
    GetRecords(input) {
      const { shardId, from, epoch, atMs } = JSON.parse(Buffer.from(String(input.ShardIterator), "base64url").toString()) as {
        shardId: string;
        from: string;
        epoch: number;
        atMs: number;
      };
      if (epoch !== state.iteratorEpoch || nowMs() - atMs > iteratorTtlMs) {
        throw new FakeServiceError("ExpiredIteratorException", "Iterator expired.");
      }
      const shard = stream.shard(shardId);
      const waiting = shard.records.filter(({ sequenceNumber }) => sequenceNumber >= BigInt(from));
      const empty = emptyPages.get(shardId) ?? 0;
      if (empty > 0) emptyPages.set(shardId, empty - 1);
      const records = empty > 0 ? [] : waiting.slice(0, Number(input.Limit ?? 10_000));
      const last = records.at(-1);
      const next = last === undefined ? from : String(last.sequenceNumber + 1n);
      const left = waiting[records.length];
      const ended = shard.closed && left === undefined && empty === 0;
      return {
        Records: records.map(describeRecord),
        MillisBehindLatest: left === undefined ? (empty > 0 ? 1_000 : 0) : Math.max(1, nowMs() - left.arrivedAtMs),
        ...(!ended && { NextShardIterator: iterator(shardId, next) }),
        ...(ended && { ChildShards: childrenOf(shardId) }),
      };
    },
    PutRecords(input) {
      const entries = input.Records as readonly { Data: string; PartitionKey: string; ExplicitHashKey?: string }[];
      if (entries.length > 500) throw new FakeServiceError("InvalidArgumentException", "More than 500 records.");
      let total = 0;
      for (const { Data, PartitionKey } of entries) {
        const size = Buffer.byteLength(Data, "base64") + Buffer.byteLength(PartitionKey);
        total += size;
        if (size > maxRecordSizeKiB * 1_024) throw new FakeServiceError("InvalidArgumentException", "A record is too large.");
      }
      if (total > 10 * 1_024 * 1_024) throw new FakeServiceError("InvalidArgumentException", "The request is too large.");
      const results = entries.map(({ Data, PartitionKey, ExplicitHashKey }) => {
        const code = entryFaults(PartitionKey);
        if (code !== undefined) return { ErrorCode: code, ErrorMessage: "asked for by the test" };
        const put = { partitionKey: PartitionKey, data: Buffer.from(Data, "base64"), explicitHashKey: ExplicitHashKey };
        const { shardId, sequenceNumber } = stream.put(put);
        return { ShardId: shardId, SequenceNumber: sequenceNumber };
      });
      return { FailedRecordCount: results.filter((result) => "ErrorCode" in result).length, Records: results };
    },
    RegisterStreamConsumer(input) {
      const name = String(input.ConsumerName);
      if (consumers.has(name)) throw new FakeServiceError("ResourceInUseException", `Consumer ${name} exists.`);
      consumers.set(name, "ACTIVE");
      return { Consumer: describeConsumer(name) };
    },
    DescribeStreamConsumer(input) {
      const named = input.ConsumerName ?? /consumer\/(.+):/.exec(String(input.ConsumerARN))?.[1];
      const name = typeof named === "string" ? named : "";
      if (!consumers.has(name)) throw new FakeServiceError("ResourceNotFoundException", `Consumer ${name} not found.`);
      return { ConsumerDescription: { ...describeConsumer(name), StreamARN: streamArn } };
    },
  };

  const server = await startJsonServer({
    httpVersion: options.httpVersion ?? "1.1",
    contentType: "application/x-amz-json-1.1",
    faults(call) {
      calls.push(call);
      return state.faults(call);
    },
    answer(call, response) {
      if (state.deleted) throw new FakeServiceError("ResourceNotFoundException", `Stream ${streamName} under account 0 not found.`);
      if (call.operation === "SubscribeToShard") {
        const shard = stream.shard(String(call.input.ShardId));
        const from = startOf(shard, call.input.StartingPosition as Record<string, unknown>, nowMs(), "Type");
        state.subscriptions += 1;
        response.onClosed(() => {
          state.subscriptions -= 1;
        });
        const onEvent = (): void => {
          state.events += 1;
        };
        streamEvents({ stream, shardId: shard.id, from, response, script: scripts.shift(), describeRecord, childrenOf, nowMs, onEvent });
        return undefined;
      }
      const operation = operations[call.operation];
      if (operation === undefined) throw new FakeServiceError("UnknownOperationException", call.operation);
      return operation(call.input);
    },
  });

  function iterator(shardId: string, from: bigint | string): string {
    return Buffer.from(JSON.stringify({ shardId, from: String(from), epoch: state.iteratorEpoch, atMs: nowMs() })).toString("base64url");
  }

  function childrenOf(shardId: string): object[] {
    return stream
      .shards()
      .filter(({ parents }) => parents.includes(shardId))
      .map((shard) => ({ ShardId: shard.id, ParentShards: shard.parents, HashKeyRange: hashKeyRange(shard) }));
  }

  function describeConsumer(name: string): object {
    return {
      ConsumerName: name,
      ConsumerARN: `${streamArn}/consumer/${name}:1`,
      ConsumerStatus: consumers.get(name),
      ConsumerCreationTimestamp: consumerTime,
    };
  }

  return {
    ...server,
    streamName,
    stream,
    calls,
    setFaults: (faults) => {
      state.faults = faults;
    },
    setEntryFaults: (faults) => {
      entryFaults = faults;
    },
    expireIterators: () => {
      state.iteratorEpoch += 1;
    },
    expireListTokens: () => {
      state.tokenEpoch += 1;
    },
    hideShard: (shardId) => void hidden.add(shardId),
    showShard: (shardId) => void hidden.delete(shardId),
    addEmptyPages: (shardId, count) => void emptyPages.set(shardId, count),
    deleteStream: () => {
      state.deleted = true;
    },
    openSubscriptions: () => state.subscriptions,
    eventsWritten: () => state.events,
    scriptSubscriptions: (more) => void scripts.push(...more),
  };
}

function describeShard(shard: FakeShard): object {
  const [parent, adjacent] = shard.parents;
  return {
    ShardId: shard.id,
    ...(parent !== undefined && { ParentShardId: parent }),
    ...(adjacent !== undefined && { AdjacentParentShardId: adjacent }),
    HashKeyRange: hashKeyRange(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: String(shard.startingSequenceNumber),
      ...(shard.closed && { EndingSequenceNumber: String(shard.nextSequenceNumber) }),
    },
  };
}

function hashKeyRange({ startingHashKey, endingHashKey }: FakeShard): object {
  return { StartingHashKey: String(startingHashKey), EndingHashKey: String(endingHashKey) };
}

function describeRecord(record: FakeShard["records"][number]): object {
  return {
    SequenceNumber: String(record.sequenceNumber),
    ApproximateArrivalTimestamp: record.arrivedAtMs / 1_000,
    Data: Buffer.from(record.data).toString("base64"),
    PartitionKey: record.partitionKey,
  };
}

/** The first sequence number that an iterator of this type may read; a record that is trimmed is simply not there any more. */
function startOf(shard: FakeShard, input: Readonly<Record<string, unknown>>, nowMs: number, typeName = "ShardIteratorType"): bigint {
  switch (input[typeName]) {
    case "TRIM_HORIZON":
      return 0n;
    case "LATEST":
      return shard.nextSequenceNumber;
    case "AT_TIMESTAMP": {
      if (Number(input.Timestamp) * 1_000 > nowMs) {
        throw new FakeServiceError(
          "InvalidArgumentException",
          "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.",
        );
      }
      const first = shard.records.find(({ arrivedAtMs }) => arrivedAtMs >= Number(input.Timestamp) * 1_000);
      return first?.sequenceNumber ?? shard.nextSequenceNumber;
    }
    case "AT_SEQUENCE_NUMBER":
    case "AFTER_SEQUENCE_NUMBER": {
      const text = String(input.StartingSequenceNumber ?? input.SequenceNumber);
      if (!/^\d+$/.test(text) || !isOfShard(BigInt(text), shard)) {
        throw new FakeServiceError("InvalidArgumentException", `Invalid StartingSequenceNumber ${text} for shard ${shard.id}.`);
      }
      return BigInt(text) + (input[typeName] === "AT_SEQUENCE_NUMBER" ? 0n : 1n);
    }
    default:
      throw new FakeServiceError("ValidationException", `Unknown type ${String(input[typeName])}.`);
  }
}
