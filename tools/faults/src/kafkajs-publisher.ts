import { Kafka, logLevel } from "kafkajs";
import type { Publisher } from "./publisher.ts";

/** What may be set besides kafkajs's defaults, which wait for all replicas in sync (acks -1) and try again five times. */
export interface KafkajsSettings {
  readonly idempotent: boolean;
}

/** Plain kafkajs as its documentation shows it: one producer, and a `send()` for each batch, whatever partitions its keys lead to. */
export function kafkajsPublisher(name: string, settings: KafkajsSettings): Publisher {
  return {
    name,
    isOurs: false,
    async open(endpoint, topic) {
      const client = new Kafka({ clientId: "faults", brokers: endpoint.split(","), logLevel: logLevel.NOTHING });
      const producer = client.producer(settings);
      await producer.connect();
      return {
        publish: (batch) =>
          producer.send({ topic, messages: [...batch] }).then(
            () => batch,
            () => [], // refused: a program would be told, so that nothing of it is lost in silence
          ),
        close: () => producer.disconnect(),
      };
    },
  };
}
