import { GetQueueUrlCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Payload, QueueMessage } from "@spillway/spec";
import { sqsSource } from "@spillway/sqs";
import { serversFor } from "@spillway-tools/servers";
import { describe, expect, it, onTestFinished } from "vitest";
import { expectOutcome } from "../testing/expect-outcome.ts";
import { workOnServer } from "../testing/work-on-server.ts";
import { sqsBackend } from "./sqs-backend.ts";

const sqs = await serversFor("sqs");

// Two of the ten bad movies are among the first 600.
const limit = 600;

describe.skipIf(sqs.skip !== undefined)("the job on SQS", () => {
  it("has the outcome that the files say", { timeout: 60_000 }, async () => {
    const { endpoint } = sqs;
    const { prefix, store, output } = await workOnServer(() => endpoint, sqsBackend, limit);
    expect(output).toContain("1,800 appended = 1,798 counted, each once + 2 dead letters");

    const client = new SQSClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } });
    onTestFinished(() => client.destroy());
    async function read(output: string): Promise<readonly QueueMessage<Payload>[]> {
      const fifo = output !== "dead-letters";
      const { QueueUrl: queueUrl = "" } = await client.send(
        new GetQueueUrlCommand({ QueueName: `${prefix}${output}${fifo ? ".fifo" : ""}` }),
      );
      const source = sqsSource({ client, queueUrl, fifo, waitMs: 1_000 });
      const signal = AbortSignal.timeout(30_000);
      const found: QueueMessage<Payload>[] = [];
      for (;;) {
        const more = await source.receive({ maxMessages: 10, signal });
        if (more.length === 0) return found;
        found.push(...more);
        const receipts = more.map(({ receipt }) => receipt);
        for (const result of await source.ack(receipts, { signal })) expect(result).toEqual({ ok: true });
      }
    }
    await expectOutcome({ store, read }, limit);
  });
});
