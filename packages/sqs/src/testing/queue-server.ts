import { randomUUID } from "node:crypto";
import { CreateQueueCommand, DeleteQueueCommand, SQSClient, type QueueAttributeName, type SQSClientConfig } from "@aws-sdk/client-sqs";
import { serversFor } from "@spillway-tools/servers";
import type { StoredMessage } from "@spillway/conformance";
import type { OutgoingMessage, Payload, QueueSource, Sink } from "@spillway/spec";
import { startFauxqs } from "fauxqs";
import { calm } from "./facts.ts";
import { silenceSdk } from "./silence-sdk.ts";

/** A server that speaks SQS, for the tests of one file. */
export interface QueueServer {
  readonly name: "ElasticMQ" | "fauxqs";
  readonly endpoint: string;
  client(config?: SQSClientConfig): SQSClient;
  /** Makes an empty queue under a name of its own, and a client for it. */
  openQueue(options: { readonly fifo: boolean; readonly attributes?: Partial<Record<QueueAttributeName, string>> }): Promise<TestQueue>;
}

/** One queue of a test, so that `sqsSource(queue)` and `sqsSink(queue)` are all that a test needs. */
export interface TestQueue {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly fifo: boolean;
  /** The server's own limit for a message and for a call. */
  readonly maxBytes: number;
  close(): Promise<void>;
}

/**
 * ElasticMQ, or whatever SPILLWAY_SQS_ENDPOINT names; fauxqs where there is no Java, or where SPILLWAY_SQS_SERVER=fauxqs asks for it. fauxqs gives
 * one message of a group at a time and takes any receipt, so it proves less.
 */
export async function queueServer(): Promise<QueueServer> {
  if (process.env["SPILLWAY_SQS_SERVER"] !== "fauxqs") {
    const elasticMq = await serversFor("sqs");
    if (elasticMq.skip === undefined) return elasticMqAt(elasticMq.endpoint);
  }
  // It lives in this process and ends with it.
  const fauxqs = await startFauxqs({ port: 0, logger: false });
  return fauxqsAt(`http://127.0.0.1:${fauxqs.port}`);
}

/** The ElasticMQ that runs at an endpoint. */
export function elasticMqAt(endpoint: string): QueueServer {
  return serverAt("ElasticMQ", endpoint, 262_144);
}

/** The fauxqs that runs at an endpoint. */
export function fauxqsAt(endpoint: string): QueueServer {
  return serverAt("fauxqs", endpoint, 1_048_576);
}

/** Writes messages of any number, in order, and throws unless all are stored. */
export async function sendAll(sink: Sink<Payload>, messages: readonly OutgoingMessage<Payload>[]): Promise<void> {
  const { maxBatchSize } = sink.traits;
  for (let start = 0; start < messages.length; start += maxBatchSize) {
    for (const result of await sink.write(messages.slice(start, start + maxBatchSize), { signal: calm }))
      if (!result.ok) throw result.error;
  }
}

/** Receives and deletes until the queue gives nothing more; resolves to what was in it, as a dead letter would restore it. */
export async function drainQueue(source: QueueSource<Payload>): Promise<readonly StoredMessage[]> {
  const taken: StoredMessage[] = [];
  for (;;) {
    const messages = await source.receive({ maxMessages: 10, signal: calm });
    if (messages.length === 0) return taken;
    for (const result of await source.ack(
      messages.map(({ receipt }) => receipt),
      { signal: calm },
    ))
      if (!result.ok) throw result.error;
    taken.push(...messages.map((message) => ({ key: source.original(message).key, value: message.value, headers: message.headers })));
  }
}

function serverAt(name: QueueServer["name"], endpoint: string, maxBytes: number): QueueServer {
  silenceSdk();
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const makeClient = (config?: SQSClientConfig): SQSClient => new SQSClient({ endpoint, region: "us-east-1", credentials, ...config });
  return {
    name,
    endpoint,
    client: makeClient,
    async openQueue({ fifo, attributes }) {
      const client = makeClient();
      const QueueName = `q-${randomUUID()}${fifo ? ".fifo" : ""}`;
      const Attributes = { ...attributes, ...(fifo ? { FifoQueue: "true" } : {}) };
      const { QueueUrl: queueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
      const close = async (): Promise<void> => {
        await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
        client.destroy();
      };
      return { client, queueUrl, fifo, maxBytes, close };
    },
  };
}
