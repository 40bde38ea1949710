import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { sqsSink } from "@spillway/sqs";
import type { Scenario } from "@spillway-tools/bench/bar";
import { inRounds, ratioOf, sayRounds } from "../taken.ts";
import { atOnce, body, messages, onQueue } from "./queue.ts";

/** As for receiving: a round lasts less than half a second. */
const warmUps = 8;

/** Sending, against batches of ten by hand. */
export const send: Scenario = {
  bars: [
    { name: "sqs-send", says: "send: rate, of batches by hand", atLeast: 0.95, unit: "x" },
    { name: "sqs-send-calls", says: "send: calls, of batches by hand", atMost: 1, unit: "x" },
  ],
  async measure() {
    const value = new TextEncoder().encode(body);
    const rounds = await inRounds(
      {
        sink: () =>
          onQueue(messages, "empty", async (client, queueUrl) => {
            const batch = Array.from({ length: messages }, () => ({ value }));
            const sink = sqsSink({ client, queueUrl, maxBatchSize: messages, maxConcurrentCalls: atOnce });
            for (const result of await sink.write(batch, { signal: AbortSignal.timeout(60_000) })) if (!result.ok) throw result.error;
          }),
        "by hand": () =>
          onQueue(messages, "empty", async (client, QueueUrl) => {
            let left = messages / 10;
            const loop = async (): Promise<void> => {
              while (left > 0) {
                left -= 1;
                const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: String(index), MessageBody: body }));
                await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
              }
            };
            await Promise.all(Array.from({ length: atOnce }, loop));
          }),
      },
      7,
      warmUps,
    );
    const detail = sayRounds(rounds);
    return [
      { name: "sqs-send", ...ratioOf(rounds, "wallMs", "by hand", "sink"), detail },
      { name: "sqs-send-calls", ...ratioOf(rounds, "calls", "sink", "by hand"), detail },
    ];
  },
};
