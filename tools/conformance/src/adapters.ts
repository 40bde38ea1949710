import { checkpointStoreSuite, leaseStoreSuite, logSourceSuite, queueSourceSuite, sinkSuite } from "@spillway/conformance";
import { boundTo, type Binding } from "./harnesses.ts";
import { dynalite, fauxqs, inHouseFake, inThisProcess, realServer, type Place } from "./place.ts";

/** An adapter on one place: it is registered once for each server or fake that it is run on. */
export interface RegisteredAdapter {
  /** The folder's name under packages/. */
  readonly name: string;
  readonly place: Place;
  /** How many of its cases may run at once: more than 1 where they wait for a server. */
  readonly concurrency: number;
  readonly subjects: readonly Binding[];
}

const dynamoDbLocal = realServer("dynamodb");

/** Every adapter of the scorecard, in the order of its columns: a new one is a new entry, and no more. */
export const adapters: readonly RegisteredAdapter[] = [
  {
    name: "memory",
    place: inThisProcess,
    concurrency: 1,
    subjects: [
      boundTo(logSourceSuite, "memoryLogHarness"),
      boundTo(queueSourceSuite, "memoryQueueHarness"),
      boundTo(queueSourceSuite, "memoryFifoHarness"),
      boundTo(sinkSuite, "memoryLogSinkHarness"),
      boundTo(sinkSuite, "memoryQueueSinkHarness"),
      boundTo(sinkSuite, "memorySinkHarness"),
      boundTo(sinkSuite, "memoryWriteOrderSinkHarness"),
      boundTo(checkpointStoreSuite, "memoryCheckpointsHarness"),
      boundTo(leaseStoreSuite, "memoryLeasesHarness"),
    ],
  },
  {
    name: "local",
    place: inThisProcess,
    concurrency: 2,
    subjects: [
      boundTo(logSourceSuite, "localLogHarness"),
      boundTo(queueSourceSuite, "localQueueHarness"),
      boundTo(queueSourceSuite, "localFifoHarness"),
      boundTo(sinkSuite, "localSinkHarness"),
      boundTo(sinkSuite, "localQueueSinkHarness"),
      boundTo(checkpointStoreSuite, "localCheckpointsHarness"),
      boundTo(leaseStoreSuite, "localLeasesHarness"),
    ],
  },
  {
    name: "kafka",
    place: realServer("kafka"),
    concurrency: 8,
    subjects: [
      boundTo(logSourceSuite, "kafkaSourceHarness"),
      boundTo(sinkSuite, "kafkaSinkHarness"),
      boundTo(checkpointStoreSuite, "kafkaCheckpointsHarness"),
      boundTo(checkpointStoreSuite, "kafkaTransactionsHarness"),
    ],
  },
  {
    name: "sqs",
    place: realServer("sqs"),
    concurrency: 8,
    subjects: [
      boundTo(queueSourceSuite, "elasticMqSourceHarness"),
      boundTo(queueSourceSuite, "elasticMqFifoSourceHarness"),
      boundTo(sinkSuite, "elasticMqSinkHarness"),
      boundTo(sinkSuite, "elasticMqFifoSinkHarness"),
    ],
  },
  {
    name: "sqs",
    place: fauxqs,
    concurrency: 8,
    subjects: [
      boundTo(queueSourceSuite, "fauxqsSourceHarness"),
      boundTo(queueSourceSuite, "fauxqsFifoSourceHarness"),
      boundTo(sinkSuite, "fauxqsSinkHarness"),
      boundTo(sinkSuite, "fauxqsFifoSinkHarness"),
    ],
  },
  {
    name: "kinesis",
    place: realServer("kinesis"),
    concurrency: 2,
    subjects: [boundTo(logSourceSuite, "kinesisLocalSourceHarness"), boundTo(sinkSuite, "kinesisLocalSinkHarness")],
  },
  {
    name: "kinesis",
    place: realServer("kinesalite"),
    concurrency: 4,
    subjects: [
      boundTo(logSourceSuite, "kinesaliteSourceHarness"),
      boundTo(sinkSuite, "kinesaliteSinkHarness"),
      boundTo(sinkSuite, "kinesaliteAggregatedSinkHarness"),
    ],
  },
  {
    name: "kinesis",
    place: inHouseFake,
    concurrency: 4,
    subjects: [
      boundTo(logSourceSuite, "fakePollingHarness"),
      boundTo(logSourceSuite, "fakeFanOutHarness"),
      boundTo(sinkSuite, "fakeSinkHarness"),
      boundTo(sinkSuite, "fakeOrderedSinkHarness"),
      boundTo(sinkSuite, "fakeAggregatedSinkHarness"),
    ],
  },
  {
    name: "dynamodb-streams",
    place: dynamoDbLocal,
    concurrency: 4,
    subjects: [boundTo(logSourceSuite, "dynamoDbLocalSourceHarness")],
  },
  { name: "dynamodb-streams", place: inHouseFake, concurrency: 4, subjects: [boundTo(logSourceSuite, "fakeSourceHarness")] },
  {
    name: "dynamodb",
    place: dynamoDbLocal,
    concurrency: 4,
    subjects: [
      boundTo(checkpointStoreSuite, "dynamoDbLocalCheckpointsHarness"),
      boundTo(leaseStoreSuite, "dynamoDbLocalLeasesHarness"),
      boundTo(checkpointStoreSuite, "dynamoDbLocalKclCheckpointsHarness"),
      boundTo(leaseStoreSuite, "dynamoDbLocalKclLeasesHarness"),
      boundTo(sinkSuite, "dynamoDbLocalSinkHarness"),
    ],
  },
  {
    name: "dynamodb",
    place: dynalite,
    concurrency: 4,
    subjects: [
      boundTo(checkpointStoreSuite, "dynaliteCheckpointsHarness"),
      boundTo(leaseStoreSuite, "dynaliteLeasesHarness"),
      boundTo(checkpointStoreSuite, "dynaliteKclCheckpointsHarness"),
      boundTo(leaseStoreSuite, "dynaliteKclLeasesHarness"),
      boundTo(sinkSuite, "dynaliteSinkHarness"),
    ],
  },
];
