import { KinesisClient } from "@aws-sdk/client-kinesis";
import { dynamoDbStores } from "@spillway/dynamodb";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { kinesisSource } from "@spillway/kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { LogMessage, Payload } from "@spillway/spec";
import { serversFor } from "@spillway-tools/servers";
import { describe, expect, it, onTestFinished } from "vitest";
import { expectOutcome } from "../testing/expect-outcome.ts";
import { workOnServer } from "../testing/work-on-server.ts";
import { kinesisBackend } from "./kinesis-backend.ts";
import { readToEnd } from "./read-to-end.ts";

const kinesalite = await serversFor("kinesalite");
const dynamodb = await serversFor("dynamodb");

// All of the movies.
const limit = 3_201;

describe.skipIf(kinesalite.skip !== undefined || dynamodb.skip !== undefined)("the job on Kinesis and DynamoDB", () => {
  it("has the outcome that the files say", { timeout: 60_000 }, async () => {
    const endpointOf = (server: string): string => (server === "dynamodb" ? dynamodb : kinesalite).endpoint;
    const { prefix, store, output } = await workOnServer(endpointOf, kinesisBackend, limit);
    expect(output).toContain("9,603 appended = 9,593 counted, each once + 10 dead letters");
    expect(output).toContain("None was delivered again");

    const local = { region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" } };
    const client = new KinesisClient({ ...local, endpoint: kinesalite.endpoint, requestHandler: new NodeHttpHandler() });
    onTestFinished(() => client.destroy());
    const stores = dynamoDbStores({
      client: new DynamoDBClient({ ...local, endpoint: dynamodb.endpoint }),
      tableName: `${prefix}spillway`,
    });
    async function read(output: string): Promise<readonly LogMessage<Payload>[]> {
      const source = kinesisSource({ client, streamName: prefix + output, consumer: "test", stores });
      const found: LogMessage<Payload>[] = [];
      for await (const message of readToEnd(source)) found.push(message);
      return found;
    }
    await expectOutcome({ store, read }, limit);
  });
});
