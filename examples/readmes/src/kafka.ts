import { Kafka } from "kafkajs";
import { kafkaSink, kafkaSource } from "@spillway/kafka";

const client = new Kafka({ clientId: "charges", brokers: ["localhost:9092"] });
const source = kafkaSource({ client, topic: "orders", groupId: "charges" });
const sink = kafkaSink({ client, topic: "charged", compression: "gzip" });

export { sink, source };
