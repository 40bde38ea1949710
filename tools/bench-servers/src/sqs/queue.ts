import { randomUUID } from "node:crypto";
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { sqsSink } from "@spillway/sqs";
import { endpointVariables } from "@spillway-tools/servers";
import { stopwatch, type Taken } from "../taken.ts";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
// Named by cli.ts.
const endpoint = process.env[endpointVariables.sqs] ?? "";

/** How many messages are taken or sent. */
export const messages = 5_000;

/** How many calls are under way at once, by hand and in the engine. */
export const atOnce = 8;

/** Each message's body: 200 bytes. */
export const body: string = "x".repeat(200);

/** Does work on a queue of its own with a client of its own; the calls that the client makes are counted. */
export async function onQueue(
  count: number,
  fill: "full" | "empty",
  work: (client: SQSClient, queueUrl: string) => Promise<void>,
): Promise<Taken> {
  const [ours, theirs] = [newClient(), newClient()];
  const { QueueUrl: queueUrl = "" } = await ours.send(new CreateQueueCommand({ QueueName: `bench-${randomUUID()}` }));
  try {
    if (fill === "full") {
      const sink = sqsSink({ client: ours, queueUrl, maxBatchSize: count });
      const value = new TextEncoder().encode(body);
      const results = await sink.write(
        Array.from({ length: count }, () => ({ value })),
        { signal: AbortSignal.timeout(60_000) },
      );
      for (const result of results) if (!result.ok) throw result.error;
    }
    let calls = 0;
    theirs.middlewareStack.add(
      (next) => (args) => {
        calls += 1;
        return next(args);
      },
      { step: "finalizeRequest", name: "countCalls", override: true },
    );
    const end = stopwatch();
    await work(theirs, queueUrl);
    return end(count, calls);
  } finally {
    await ours.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
    ours.destroy();
    theirs.destroy();
  }
}

function newClient(): SQSClient {
  return new SQSClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } });
}
