import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { systemClock, type CallOptions, type Clock } from "@spillway/spec";
import { callSqs } from "./call-sqs.ts";

/** A queue's own settings, and how full it is. */
export interface QueueDescription {
  readonly arn: string;
  readonly fifo: boolean;
  /** The queue's own visibility timeout, in milliseconds; sqsSource sends its own with every receive. */
  readonly visibilityTimeoutMs: number;
  /** How long the queue holds every message back, in milliseconds. */
  readonly delayMs: number;
  /** How long the queue keeps a message, from when it was first sent, in milliseconds. */
  readonly retentionMs: number;
  readonly maxMessageBytes: number;
  /** The queue's own dead-letter queue; undefined when it has none. */
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined;
  readonly contentBasedDeduplication: boolean;
  /** Approximate, as SQS counts. */
  readonly messages: { readonly visible: number; readonly inFlight: number; readonly delayed: number };
}

/** How a queue is described. */
export interface DescribeQueueOptions extends CallOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** 10,000 where left out. */
  readonly requestTimeoutMs?: number;
  readonly clock?: Clock;
}

/** Reads a queue's settings. Needs sqs:GetQueueAttributes, as a source does for its advice only. */
export async function describeQueue(options: DescribeQueueOptions): Promise<QueueDescription> {
  const { client, queueUrl, signal, requestTimeoutMs: timeoutMs = 10_000, clock = systemClock } = options;
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] });
  const call = { action: "GetQueueAttributes", queueUrl, timeoutMs, clock, signal } as const;
  const { Attributes: attributes = {} } = await callSqs(call, (abortSignal) => client.send(command, { abortSignal }));
  const count = (text: string | undefined): number => Number(text ?? 0);
  return {
    arn: attributes.QueueArn ?? "",
    fifo: attributes.FifoQueue === "true",
    visibilityTimeoutMs: count(attributes.VisibilityTimeout) * 1_000,
    delayMs: count(attributes.DelaySeconds) * 1_000,
    retentionMs: count(attributes.MessageRetentionPeriod) * 1_000,
    maxMessageBytes: Number(attributes.MaximumMessageSize ?? 1_048_576),
    redrive: attributes.RedrivePolicy === undefined ? undefined : readRedrive(attributes.RedrivePolicy),
    contentBasedDeduplication: attributes.ContentBasedDeduplication === "true",
    messages: {
      visible: count(attributes.ApproximateNumberOfMessages),
      inFlight: count(attributes.ApproximateNumberOfMessagesNotVisible),
      delayed: count(attributes.ApproximateNumberOfMessagesDelayed),
    },
  };
}

function readRedrive(json: string): QueueDescription["redrive"] {
  // SQS has written the count as a number and as text.
  const policy = JSON.parse(json) as { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number | string };
  return { deadLetterArn: policy.deadLetterTargetArn, maxReceiveCount: Number(policy.maxReceiveCount) };
}
