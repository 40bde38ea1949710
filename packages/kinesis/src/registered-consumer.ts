import {
  DescribeStreamConsumerCommand,
  DescribeStreamSummaryCommand,
  RegisterStreamConsumerCommand,
  type KinesisClient,
} from "@aws-sdk/client-kinesis";
import { type Clock, SpillwayError, wait } from "@spillway/spec";
import { isNamed, kinesisError } from "./kinesis-error.ts";
import { nameOf, streamInput, type KinesisStream } from "./kinesis-stream.ts";

/** The consumer that is registered with a stream for enhanced fan-out. */
export interface RegisteredConsumer {
  /** Resolves to its ARN when it is active; asks Kinesis once. */
  arn(signal: AbortSignal): Promise<string>;
  /** Kinesis does not know the ARN any more: ask again next time. */
  forget(): void;
}

const pollMs = 1_000;
/** A registration takes seconds; after this long something else is wrong. */
const maxPolls = 120;

/** Finds the consumer of this name, or registers it where that was asked for. */
export function registeredConsumer(options: {
  readonly client: KinesisClient;
  readonly stream: KinesisStream;
  readonly consumerName: string;
  readonly register: boolean;
  readonly clock: Clock;
}): RegisteredConsumer {
  const { client, stream, consumerName, register, clock } = options;
  const doing = `Finding the registered consumer ${consumerName} of stream ${nameOf(stream)}`;
  let known: string | undefined;

  async function streamArn(signal: AbortSignal): Promise<string | undefined> {
    if (stream.streamArn !== undefined) return stream.streamArn;
    const answer = await client.send(new DescribeStreamSummaryCommand(streamInput(stream)), { abortSignal: signal });
    return answer.StreamDescriptionSummary?.StreamARN;
  }

  async function find(signal: AbortSignal): Promise<string> {
    const StreamARN = await streamArn(signal);
    for (let polls = 0; polls < maxPolls; polls += 1) {
      try {
        const answer = await client.send(new DescribeStreamConsumerCommand({ StreamARN, ConsumerName: consumerName }), {
          abortSignal: signal,
        });
        const { ConsumerARN, ConsumerStatus } = answer.ConsumerDescription ?? {};
        if (ConsumerARN !== undefined && ConsumerStatus === "ACTIVE") return ConsumerARN;
      } catch (error) {
        if (!isNamed(error, "ResourceNotFoundException")) throw error;
        if (!register) throw notRegistered(error);
        await registerNow(StreamARN, signal);
      }
      await wait(clock, pollMs, signal);
    }
    throw new SpillwayError(`${doing}: it is not active after ${(pollMs * maxPolls) / 1_000} s. It is looked for again.`, {
      code: "SPILLWAY_KINESIS_FAILED",
    });
  }

  async function registerNow(StreamARN: string | undefined, signal: AbortSignal): Promise<void> {
    try {
      await client.send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: consumerName }), { abortSignal: signal });
    } catch (error) {
      // Another process registers it at this moment.
      if (!isNamed(error, "ResourceInUseException")) throw error;
    }
  }

  function notRegistered(cause: unknown): SpillwayError {
    return new SpillwayError(
      `${doing}: there is none. Register it with the stream, or pass registerConsumer: true; it costs money for each shard and hour.`,
      {
        code: "SPILLWAY_KINESIS_NOT_FOUND",
        failureClass: "fatal",
        cause,
      },
    );
  }

  return {
    async arn(signal) {
      try {
        known ??= await find(signal);
        return known;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw kinesisError(error, doing);
      }
    },
    forget() {
      known = undefined;
    },
  };
}
