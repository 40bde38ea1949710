import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Message, Payload } from "@spillway/spec";
import { serversFor } from "@spillway-tools/servers";
import { describe, expect, it, onTestFinished } from "vitest";
import { expectOutcome } from "../testing/expect-outcome.ts";
import { workOnServer } from "../testing/work-on-server.ts";
import { dynamoDbStreamsBackend, readTable } from "./dynamodb-streams-backend.ts";

const dynamodb = await serversFor("dynamodb");

// Few, because DynamoDB Local takes its time: two of the movies are none that the schema accepts.
const limit = 300;

describe.skipIf(dynamodb.skip !== undefined)("the job on DynamoDB Streams", () => {
  it("has the outcome that the files say", { timeout: 60_000 }, async () => {
    const { endpoint } = dynamodb;
    const { prefix, store, output } = await workOnServer(() => endpoint, dynamoDbStreamsBackend, limit);
    expect(output).toContain("900 appended = 898 counted, each once + 2 dead letters");
    expect(output).toContain("None was delivered again");

    const client = new DynamoDBClient({ region: "us-east-1", credentials: { accessKeyId: "local", secretAccessKey: "local" }, endpoint });
    onTestFinished(() => client.destroy());
    async function read(log: string): Promise<readonly Message<Payload>[]> {
      const found: Message<Payload>[] = [];
      for await (const message of readTable(client, prefix + log)) found.push(message);
      return found;
    }
    await expectOutcome({ store, read }, limit);
  });
});
