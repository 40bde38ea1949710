import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { sqsSink, sqsSource } from "@spillway/sqs";
import type { OutputLog } from "../pipelines/backend.ts";
import type { InputLog } from "../producer/data-set.ts";
import { tallies } from "../store/local-backend.ts";
import { countedInput } from "./counted-input.ts";
import { deadLetterOf } from "./dead-letter-of.ts";
import { mostAppended, type JobInput } from "./job-backend.ts";
import { partitionCounts } from "./partition-counts.ts";
import { readQueue } from "./read-queue.ts";
import { askMs, type ServerBackend, type ServerBackendOptions } from "./server-backend.ts";

/** ElasticMQ's limit; SQS's own is four times that. */
const maxBytes = 262_144;

const names = Object.keys(partitionCounts) as readonly (InputLog | OutputLog)[];

/** The pipelines on SQS: logs are FIFO queues, keys are message groups, and what is settled is deleted. Makes the queues. */
export async function sqsBackend({ endpointOf, prefix, store }: ServerBackendOptions): Promise<ServerBackend> {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const client = new SQSClient({
    endpoint: endpointOf("sqs"),
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  const queueUrls = new Map<string, string>();
  for (const name of names) queueUrls.set(name, await makeQueue(name));

  return {
    source: (log) => sqsSource({ client, queueUrl: urlOf(log), fifo: true, name: log }),
    sink: (log) => sqsSink({ client, queueUrl: urlOf(log), fifo: isFifo(log), name: log, maxBytes }),
    table: (log) => tallies(store, log),
    inputs: { departures: input("departures"), routes: input("routes"), movies: input("movies") },
    async *deadLetters() {
      const source = sqsSource({ client, queueUrl: urlOf("dead-letters"), waitMs: 1_000 });
      for (const message of await readQueue(source)) yield deadLetterOf(message, source.original(message));
    },
    async close() {
      for (const QueueUrl of queueUrls.values()) await client.send(new DeleteQueueCommand({ QueueUrl }), calm());
      client.destroy();
    },
  };

  async function makeQueue(name: InputLog | OutputLog): Promise<string> {
    const queue = isFifo(name) ? { QueueName: `${prefix}${name}.fifo`, Attributes: { FifoQueue: "true" } } : { QueueName: prefix + name };
    const { QueueUrl = "" } = await client.send(new CreateQueueCommand(queue), calm());
    return QueueUrl;
  }

  function urlOf(name: InputLog | OutputLog): string {
    return queueUrls.get(name) ?? "";
  }

  function input(log: InputLog): JobInput {
    const sink = sqsSink({ client, queueUrl: urlOf(log), fifo: true, maxBytes, maxBatchSize: mostAppended });
    return countedInput(log, (messages) => sink.write(messages, { signal: AbortSignal.timeout(askMs) }));
  }
}

/** Dead letters need no order; in a queue without groups each can be looked at by itself. */
function isFifo(name: InputLog | OutputLog): boolean {
  return name !== "dead-letters";
}

function calm(): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(askMs) };
}
