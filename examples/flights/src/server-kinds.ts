import type { ServerKind } from "./server-job.ts";
import type { ServerPlace } from "./server-place.ts";

/** What --on names. The clients are loaded when they are asked for. */
export const serverKinds: Readonly<Record<ServerPlace, ServerKind>> = {
  kafka: {
    place: "kafka",
    servers: [{ name: "kafka", says: "Apache Kafka" }],
    inputs: "topics",
    limit: undefined,
    open: async (options) => (await import("./backends/kafka-backend.ts")).kafkaBackend(options),
  },
  sqs: {
    place: "sqs",
    servers: [{ name: "sqs", says: "SQS, as ElasticMQ," }],
    inputs: "queues",
    limit: 4_000,
    open: async (options) => (await import("./backends/sqs-backend.ts")).sqsBackend(options),
  },
  kinesis: {
    place: "kinesis",
    servers: [
      { name: "kinesalite", says: "Kinesis, as kinesalite," },
      { name: "dynamodb", says: "DynamoDB Local" },
    ],
    inputs: "streams",
    limit: undefined,
    open: async (options) => (await import("./backends/kinesis-backend.ts")).kinesisBackend(options),
  },
  "dynamodb-streams": {
    place: "dynamodb-streams",
    servers: [{ name: "dynamodb", says: "DynamoDB Local" }],
    inputs: "tables",
    limit: 1_000,
    open: async (options) => (await import("./backends/dynamodb-streams-backend.ts")).dynamoDbStreamsBackend(options),
  },
};
