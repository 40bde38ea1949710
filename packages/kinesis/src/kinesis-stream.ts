/** Names a stream, by its name within the client's account and region or by its ARN. */
export type KinesisStream =
  | { readonly streamName: string; readonly streamArn?: never }
  | { readonly streamArn: string; readonly streamName?: never };

/** The stream as the SDK's calls take it. */
export function streamInput({ streamName, streamArn }: KinesisStream): { StreamName: string } | { StreamARN: string } {
  return streamArn === undefined ? { StreamName: streamName } : { StreamARN: streamArn };
}

/** The stream's short name, for events and checkpoints. */
export function nameOf({ streamName, streamArn }: KinesisStream): string {
  return streamArn === undefined ? streamName : streamArn.slice(streamArn.lastIndexOf("/") + 1);
}
