import {
  ListShardsCommand,
  type KinesisClient,
  type ListShardsCommandInput,
  type ListShardsCommandOutput,
  type Shard,
} from "@aws-sdk/client-kinesis";
import { SpillwayError } from "@spillway/spec";
import { isNamed, kinesisError } from "./kinesis-error.ts";
import { nameOf, streamInput, type KinesisStream } from "./kinesis-stream.ts";

/** Tokens live 300 s; a listing that takes longer begins anew, and this often before it is given up for the moment. */
const maxRestarts = 3;

/** All shards of a stream that Kinesis still lists, closed ones included. */
export async function listShards(client: KinesisClient, stream: KinesisStream, signal: AbortSignal): Promise<readonly Shard[]> {
  const doing = `Listing the shards of stream ${nameOf(stream)}`;
  for (let restarts = 0; restarts < maxRestarts; restarts += 1) {
    try {
      return await allPages(client, stream, signal);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!isNamed(error, "ExpiredNextTokenException")) throw kinesisError(error, doing);
    }
  }
  throw new SpillwayError(`${doing} took longer than its tokens live, ${maxRestarts} times. It is tried again.`, {
    code: "SPILLWAY_KINESIS_FAILED",
  });
}

async function allPages(client: KinesisClient, stream: KinesisStream, signal: AbortSignal): Promise<readonly Shard[]> {
  const shards: Shard[] = [];
  // A token names the stream by itself; Kinesis refuses both together.
  let input: ListShardsCommandInput | undefined = streamInput(stream);
  while (input !== undefined) {
    const page: ListShardsCommandOutput = await client.send(new ListShardsCommand(input), { abortSignal: signal });
    shards.push(...(page.Shards ?? []));
    input = page.NextToken === undefined ? undefined : { NextToken: page.NextToken };
  }
  return shards;
}
