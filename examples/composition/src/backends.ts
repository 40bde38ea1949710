import type { Scheme } from "@spillway/container";
import { dynamoDbScheme } from "@spillway/container/dynamodb";
import { dynamoDbStreamsScheme } from "@spillway/container/dynamodb-streams";
import { kafkaScheme } from "@spillway/container/kafka";
import { kinesisScheme } from "@spillway/container/kinesis";
import { localScheme } from "@spillway/container/local";
import { memoryScheme } from "@spillway/container/memory";
import { sqsScheme } from "@spillway/container/sqs";

/** The backends that this program may be told to run on. What is not imported here need not be installed. */
export const backends: readonly Scheme[] = [
  memoryScheme(),
  localScheme(),
  kafkaScheme(),
  sqsScheme(),
  kinesisScheme(),
  dynamoDbScheme(),
  dynamoDbStreamsScheme(),
];
