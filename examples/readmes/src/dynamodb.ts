import type { Total } from "./surroundings.ts";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamoDbSink, dynamoDbStores } from "@spillway/dynamodb";

const client = new DynamoDBClient({});
const stores = dynamoDbStores({ client, tableName: "spillway" }); // for kinesisSource, dynamoDbStreamSource
const totals = dynamoDbSink<Total>({
  client,
  tableName: "totals",
  keyAttributes: ["customer"],
  toWrite: ({ value }) => ({ put: { customer: { S: value.customer }, cents: { N: value.cents } } }),
});

export { stores, totals };
