import type { ServerKind } from "./server-job.ts";

/** The servers that --on names. Their clients are loaded when they are asked for. */
export const serverKinds: Readonly<Record<ServerKind["server"], ServerKind>> = {
  kafka: {
    server: "kafka",
    says: "Apache Kafka",
    inputs: "topics",
    limit: undefined,
    file: "examples/flights/src/backends/kafka-backend.ts",
    open: async (options) => (await import("./backends/kafka-backend.ts")).kafkaBackend(options),
  },
  sqs: {
    server: "sqs",
    says: "SQS, as ElasticMQ,",
    inputs: "queues",
    limit: 4_000,
    file: "examples/flights/src/backends/sqs-backend.ts",
    open: async (options) => (await import("./backends/sqs-backend.ts")).sqsBackend(options),
  },
};
