import { randomUUID } from "node:crypto";
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, SQSClient, type SQSClientConfig } from "@aws-sdk/client-sqs";
import type { OutgoingMessage, Payload, QueueSource, Sink } from "@spillway/spec";

/** ElasticMQ's limit; SQS's own is four times that. */
export const maxBytes = 262_144;

/** A client for a server on this machine. */
export function localClient(endpoint: string, config: SQSClientConfig = {}): SQSClient {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  return new SQSClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" }, ...config });
}

/** One queue of a proof. */
export interface ProofQueue {
  readonly client: SQSClient;
  readonly queueUrl: string;
  /** How many messages the queue holds, lent ones included. */
  held(): Promise<number>;
  close(): Promise<void>;
}

/** What kind of queue is made. */
export interface ProofQueueOptions {
  readonly fifo: boolean;
  /** More of SQS's own attributes. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Makes an empty queue under a name of its own. */
export async function openQueue(endpoint: string, { fifo, attributes = {} }: ProofQueueOptions): Promise<ProofQueue> {
  const client = localClient(endpoint);
  const QueueName = `proof-${randomUUID()}${fifo ? ".fifo" : ""}`;
  const { QueueUrl = "" } = await client.send(
    new CreateQueueCommand({ QueueName, Attributes: { ...attributes, ...(fifo ? { FifoQueue: "true" } : {}) } }),
  );
  return {
    client,
    queueUrl: QueueUrl,
    async held() {
      const { Attributes = {} } = await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
      return Number(Attributes["ApproximateNumberOfMessages"]) + Number(Attributes["ApproximateNumberOfMessagesNotVisible"]);
    },
    async close() {
      await client.send(new DeleteQueueCommand({ QueueUrl }));
      client.destroy();
    },
  };
}

const calm = new AbortController().signal;

/** Writes all messages, those of a key in order; throws unless all are stored. */
export async function sendAll(sink: Sink<Payload>, messages: readonly OutgoingMessage<Payload>[]): Promise<void> {
  const { maxBatchSize } = sink.traits;
  for (let start = 0; start < messages.length; start += maxBatchSize) {
    for (const result of await sink.write(messages.slice(start, start + maxBatchSize), { signal: calm }))
      if (!result.ok) throw result.error;
  }
}

/** Takes everything out of a queue that gives nothing to anybody else; resolves to the payloads as text. */
export async function drain(source: QueueSource<Payload>): Promise<readonly string[]> {
  const texts: string[] = [];
  for (;;) {
    const messages = await source.receive({ maxMessages: 10, signal: calm });
    if (messages.length === 0) return texts;
    const results = await source.ack(
      messages.map(({ receipt }) => receipt),
      { signal: calm },
    );
    for (const result of results) if (!result.ok) throw result.error;
    for (const { value } of messages) texts.push(new TextDecoder().decode(value ?? new Uint8Array()));
  }
}
