import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { dynamoDbStores } from "@spillway/dynamodb";
import { trueOrFalse, wholeNumber } from "../option.ts";
import { scheme, type Scheme } from "../scheme.ts";
import { awsEndpoint, awsPlace } from "./aws-place.ts";
import { only } from "./only.ts";
import { requiredPath } from "./required-path.ts";

/** What a URL cannot say about DynamoDB. */
export interface DynamoDbSchemeOptions {
  /** Makes the client of what a URL says; `new DynamoDBClient(config)` where left out. For credentials, sockets, retries. It is destroyed at the end. */
  readonly makeClient?: (config: DynamoDBClientConfig) => DynamoDBClient;
}

const form = "dynamodb://region/table";

/**
 * Stores of leases and checkpoints in a DynamoDB table, for the option "stores" of other URLs. It has no sink: which item a message becomes is said in
 * code, by dynamoDbSink of @spillway/dynamodb. Credentials come from where the AWS SDK finds them.
 */
export function dynamoDbScheme(options: DynamoDbSchemeOptions = {}): Scheme {
  const { makeClient = (config) => new DynamoDBClient(config) } = options;
  return scheme({
    name: "dynamodb",
    form,
    options: { endpoint: awsEndpoint, createTable: trueOrFalse(), maxDone: wholeNumber(0, 100_000) },
    clientKey: (address) => JSON.stringify(awsPlace(address, form)),
    connect: (address) => makeClient(awsPlace(address, form)),
    disconnect: (client) => client.destroy(),
    source: undefined,
    sink: undefined,
    stores: ({ address, client, options: given }) =>
      dynamoDbStores({ client, tableName: requiredPath(address, "a table", form), ...only(given, "createTable", "maxDone") }),
  });
}
