import { scheme, text } from "@spillway/container";
import { kafkaSink, kafkaSource } from "@spillway/kafka";
import kafkajs from "kafkajs";

/** Topics of Kafka. */
export const kafka = scheme({
  name: "kafka",
  form: "kafka://broker:port[,broker:port]/topic?group=name",
  options: { group: text() },
  clientKey: ({ authority, user, password }) => JSON.stringify([authority, user, password]),
  connect({ authority, user, password }) {
    const sasl =
      user === undefined || password === undefined
        ? {}
        : { ssl: true, sasl: { mechanism: "scram-sha-512" as const, username: user, password } };
    return new kafkajs.Kafka({ brokers: authority.split(","), ...sasl });
  },
  // The adapter's own connections end with the pipeline; the client only holds their settings.
  disconnect: () => undefined,
  source: ({ address: { path: topic }, client, options: { group = topic } }) => kafkaSource({ client, topic, groupId: group }),
  sink: ({ address: { path: topic }, client }) => kafkaSink({ client, topic }),
  stores: undefined,
});
