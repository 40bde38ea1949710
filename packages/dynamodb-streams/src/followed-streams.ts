import { ListStreamsCommand, type DynamoDBStreamsClient, type ListStreamsCommandOutput } from "@aws-sdk/client-dynamodb-streams";
import { describeStream, labelOf, type DescribedStream } from "./describe-stream.ts";
import { fatal, isNamed, streamError } from "./stream-error.ts";

/** Names what is read: a table, over all streams that it has and will have, or one stream by its ARN. */
export type TableStream =
  | { readonly tableName: string; readonly streamArn?: never }
  | { readonly streamArn: string; readonly tableName?: never };

/** The source's name: the table, and for one stream its label too. */
export function nameOf({ tableName, streamArn }: TableStream): string {
  return streamArn === undefined ? tableName : `${streamArn.split("/")[1] ?? streamArn}/${labelOf(streamArn)}`;
}

/** The ARNs of the streams that are read, oldest first. */
async function streamArns(client: DynamoDBStreamsClient, stream: TableStream, signal: AbortSignal): Promise<readonly string[]> {
  if (stream.streamArn !== undefined) return [stream.streamArn];
  const arns: string[] = [];
  let after: string | undefined;
  do {
    const page: ListStreamsCommandOutput = await client.send(
      new ListStreamsCommand({ TableName: stream.tableName, ...(after !== undefined && { ExclusiveStartStreamArn: after }) }),
      { abortSignal: signal },
    );
    for (const { StreamArn } of page.Streams ?? []) if (StreamArn !== undefined) arns.push(StreamArn);
    after = page.LastEvaluatedStreamArn;
  } while (after !== undefined);
  if (arns.length === 0) {
    throw fatal(
      "SPILLWAY_TABLE_STREAM_NOT_FOUND",
      `Table ${stream.tableName} has no stream. Enable one, with the view that the source names.`,
    );
  }
  return arns.toSorted((one, other) => (labelOf(one) < labelOf(other) ? -1 : 1));
}

/** Describes the streams that are read, oldest first; one that was forgotten meanwhile is left out while others are there. */
export async function followedStreams(
  client: DynamoDBStreamsClient,
  stream: TableStream,
  signal: AbortSignal,
): Promise<readonly DescribedStream[]> {
  try {
    const arns = await streamArns(client, stream, signal);
    const described: DescribedStream[] = [];
    for (const arn of arns) {
      try {
        described.push(await describeStream(client, arn, signal));
      } catch (error) {
        if (arns.length === 1 || !isNamed(error, "ResourceNotFoundException")) throw error;
      }
    }
    return described;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw streamError(error, `Listing the shards of ${nameOf(stream)}`);
  }
}
