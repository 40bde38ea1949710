import { kafkaSink } from "@spillway/kafka";
import { Kafka, logLevel } from "kafkajs";
import type { Publisher } from "./publisher.ts";

/** `kafkaSink` with its defaults. */
export const sinkPublisher: Publisher = {
  name: "kafkaSink",
  isOurs: true,
  async open(endpoint, topic) {
    const client = new Kafka({ clientId: "faults", brokers: endpoint.split(","), logLevel: logLevel.NOTHING });
    const sink = kafkaSink({ client, topic });
    const { signal } = new AbortController();
    return {
      async publish(batch) {
        const results = await sink.write(
          batch.map(({ key, value }) => ({ key, value: Buffer.from(value) })),
          { signal },
        );
        return batch.filter((_, index) => results[index]?.ok === true);
      },
      close: async () => undefined,
    };
  },
};
