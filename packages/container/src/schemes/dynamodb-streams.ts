import { DynamoDBStreamsClient, type DynamoDBStreamsClientConfig } from "@aws-sdk/client-dynamodb-streams";
import { dynamoDbStreamSource } from "@spillway/dynamodb-streams";
import type { Address } from "../address.ts";
import { oneOf, text, wholeNumber } from "../option.ts";
import { scheme, type Scheme } from "../scheme.ts";
import { awsEndpoint, awsPlace } from "./aws-place.ts";
import { changeSource } from "./change-source.ts";
import { consumerOf } from "./consumer-of.ts";
import { only } from "./only.ts";
import { requiredPath } from "./required-path.ts";
import { requiredStores } from "./required-stores.ts";

/** What a URL cannot say about DynamoDB Streams. */
export interface DynamoDbStreamsSchemeOptions {
  /** Makes the client of what a URL says; `new DynamoDBStreamsClient(config)` where left out. For credentials, sockets, retries. It is destroyed at the end. */
  readonly makeClient?: (config: DynamoDBStreamsClientConfig) => DynamoDBStreamsClient;
}

const form = "dynamodb-streams://region/table?payload=change&consumer=name&stores=dynamodb://region/table";

/**
 * The changes of DynamoDB tables, by the table's name or by a stream's ARN. A message's payload is the change as JSON, in the shape of Lambda's events, or with
 * "payload=new-image" the item after the change as plain JSON, a tombstone for a removal. Its key is the item's, or with "key=attribute" one attribute of it.
 * A source needs "stores". It has no sink: a table is changed by putting items, as dynamoDbSink of @spillway/dynamodb does in code.
 */
export function dynamoDbStreamsScheme(options: DynamoDbStreamsSchemeOptions = {}): Scheme {
  const { makeClient = (config) => new DynamoDBStreamsClient(config) } = options;
  return scheme({
    name: "dynamodb-streams",
    form,
    options: {
      consumer: text(),
      stores: text(),
      endpoint: awsEndpoint,
      payload: oneOf("change", "new-image"),
      key: text(),
      trimmed: oneOf("skip", "fail"),
      callsPerSecondPerShard: wholeNumber(1, 10),
      idleMs: wholeNumber(1, 60_000),
    },
    clientKey: (address) => JSON.stringify(awsPlace(address, form)),
    connect: (address) => makeClient(awsPlace(address, form)),
    disconnect: (client) => client.destroy(),
    async source({ address, client, consumer, options: given, open }) {
      const source = dynamoDbStreamSource({
        client,
        ...streamOf(address),
        // The least that a stream holds: "change" passes on whatever it has.
        view: given.payload === "change" ? "KEYS_ONLY" : "NEW_IMAGE",
        consumer: consumerOf("consumer", given.consumer, { address, consumer }),
        stores: await requiredStores(given.stores, { address, open }),
        ...only(given, "trimmed", "callsPerSecondPerShard", "idleMs"),
      });
      return changeSource(source, { payload: given.payload, keyAttribute: given.key });
    },
    sink: undefined,
    stores: undefined,
  });
}

function streamOf(address: Address): { readonly streamArn: string } | { readonly tableName: string } {
  const path = requiredPath(address, "a table", form);
  return path.startsWith("arn:") ? { streamArn: path } : { tableName: path };
}
