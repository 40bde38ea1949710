import { DescribeStreamSummaryCommand, type KinesisClient } from "@aws-sdk/client-kinesis";
import { kinesisError } from "./kinesis-error.ts";
import { nameOf, streamInput, type KinesisStream } from "./kinesis-stream.ts";

/** What every stream takes: a record of 1 MiB, its partition key included. */
export const defaultRecordBytes = 1_048_576;

/** Knows the largest record that a stream takes. */
export interface RecordLimit {
  /** Resolves to the limit in bytes; asks Kinesis once, and only when somebody needs to know. */
  bytes(signal: AbortSignal): Promise<number>;
}

/** The limit of this stream. A stream can be set to take up to 10 MiB. */
export function recordLimit(client: KinesisClient, stream: KinesisStream): RecordLimit {
  let known: number | undefined;
  return {
    async bytes(signal) {
      if (known !== undefined) return known;
      try {
        const answer = await client.send(new DescribeStreamSummaryCommand(streamInput(stream)), { abortSignal: signal });
        known = (answer.StreamDescriptionSummary?.MaxRecordSizeInKiB ?? defaultRecordBytes / 1_024) * 1_024;
        return known;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw kinesisError(error, `Reading the limits of stream ${nameOf(stream)}`);
      }
    },
  };
}
