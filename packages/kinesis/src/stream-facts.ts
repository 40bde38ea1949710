import { DescribeStreamSummaryCommand, type KinesisClient } from "@aws-sdk/client-kinesis";
import { kinesisError } from "./kinesis-error.ts";
import { nameOf, streamInput, type KinesisStream } from "./kinesis-stream.ts";

/** What every stream takes: a record of 1 MiB, its partition key included. */
export const defaultRecordBytes = 1_048_576;

const hourMs = 3_600_000;

/** How a stream is set. */
export interface StreamFacts {
  /** The largest record that it takes, its partition key included. */
  readonly maxRecordBytes: number;
  /** Whether Kinesis spreads the records as it likes, so that records of one partition key are in many shards. */
  readonly ignoresKeys: boolean;
  /** How long it keeps a record, in milliseconds; undefined where Kinesis does not say. */
  readonly retentionMs: number | undefined;
}

/** Reads how a stream is set; rejects as the other calls to Kinesis do. */
export async function streamFacts(client: KinesisClient, stream: KinesisStream, signal: AbortSignal): Promise<StreamFacts> {
  try {
    const answer = await client.send(new DescribeStreamSummaryCommand(streamInput(stream)), { abortSignal: signal });
    const summary = answer.StreamDescriptionSummary;
    return {
      maxRecordBytes: (summary?.MaxRecordSizeInKiB ?? defaultRecordBytes / 1_024) * 1_024,
      ignoresKeys: summary?.RecordDistributionStrategy === "AUTO",
      retentionMs: summary?.RetentionPeriodHours === undefined ? undefined : summary.RetentionPeriodHours * hourMs,
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw kinesisError(error, `Reading how stream ${nameOf(stream)} is set`);
  }
}
