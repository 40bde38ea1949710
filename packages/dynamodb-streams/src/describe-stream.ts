import {
  DescribeStreamCommand,
  type DescribeStreamCommandOutput,
  type DynamoDBStreamsClient,
  type Shard,
  type StreamDescription,
} from "@aws-sdk/client-dynamodb-streams";

/** One stream of a table, with all of its shards. */
export interface DescribedStream {
  readonly arn: string;
  /** Ends the ARN: when the stream was enabled, as text that sorts by time. */
  readonly label: string;
  readonly viewType: string | undefined;
  /** Whether it was disabled: then every shard ends, and no child follows. */
  readonly isOver: boolean;
  readonly shards: readonly Shard[];
}

/**
 * Describes a stream over all pages, with all of its shards or with the children of one. Pages are no snapshot: a child may be missing that the next listing
 * shows.
 */
export async function describeStream(
  client: DynamoDBStreamsClient,
  arn: string,
  signal: AbortSignal,
  childrenOf?: string,
): Promise<DescribedStream> {
  const filter = childrenOf !== undefined && ({ ShardFilter: { Type: "CHILD_SHARDS", ShardId: childrenOf } } as const);
  const shards: Shard[] = [];
  let description: StreamDescription | undefined;
  let after: string | undefined;
  do {
    const page: DescribeStreamCommandOutput = await client.send(
      new DescribeStreamCommand({ StreamArn: arn, ...filter, ...(after !== undefined && { ExclusiveStartShardId: after }) }),
      { abortSignal: signal },
    );
    description = page.StreamDescription;
    shards.push(...(description?.Shards ?? []));
    after = description?.LastEvaluatedShardId;
  } while (after !== undefined);
  const status = description?.StreamStatus;
  return {
    arn,
    label: labelOf(arn),
    viewType: description?.StreamViewType,
    isOver: status === "DISABLED" || status === "DISABLING",
    shards,
  };
}

/** The label of a stream: what is unique about it among the streams of its table. */
export function labelOf(arn: string): string {
  return arn.slice(arn.lastIndexOf("/") + 1);
}
