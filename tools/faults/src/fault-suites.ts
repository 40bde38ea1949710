import type { ServerName } from "@spillway-tools/servers";

/** Test files that break one thing in many ways. */
export interface FaultSuite {
  /** As `--only` takes it. */
  readonly name: string;
  /** What is broken, as the lines begin. */
  readonly title: string;
  /** The servers that its tests start; those of a server that cannot be started here are skipped. */
  readonly servers: readonly ServerName[];
  /** Test files, from the root of the repository. */
  readonly files: readonly string[];
}

/** Every suite of faults, in the order in which they are described. All are part of `npm test` too. */
export const faultSuites: readonly FaultSuite[] = [
  {
    name: "kafka",
    title: "Kafka",
    servers: ["kafka"],
    files: [
      "packages/kafka/src/faults.server.test.ts",
      "packages/kafka/src/transaction-faults.server.test.ts",
      "packages/kafka/src/topic-made-anew.server.test.ts",
      "packages/kafka/src/rebalance.slow.test.ts",
      "packages/kafka/src/transactions.slow.test.ts",
      "examples/composition/src/broker-away.slow.test.ts",
    ],
  },
  {
    name: "sqs",
    title: "SQS",
    servers: ["sqs"],
    files: [
      "packages/sqs/src/faults.server.test.ts",
      "tools/sqs-proofs/src/fifo.server.test.ts",
      "tools/sqs-proofs/src/restart.server.test.ts",
      "tools/sqs-proofs/src/service-faults.server.test.ts",
      "tools/sqs-proofs/src/visibility.server.test.ts",
    ],
  },
  {
    name: "kinesis",
    title: "Kinesis",
    servers: ["kinesis", "kinesalite", "dynamodb"],
    files: ["tools/aws-proofs/src/kinesis.slow.test.ts", "tools/aws-proofs/src/crash.slow.test.ts"],
  },
  {
    name: "dynamodb-streams",
    title: "DynamoDB Streams",
    servers: ["dynamodb"],
    files: ["tools/aws-proofs/src/dynamodb-streams.slow.test.ts"],
  },
  {
    name: "local",
    title: "embedded store",
    servers: [],
    files: [
      "packages/local/src/kill.slow.test.ts",
      "packages/local/src/full-disk.slow.test.ts",
      "examples/flights/src/local-job.slow.test.ts",
    ],
  },
];
