import { dead, search, signal } from "./surroundings.ts";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { checkpoint, consume, constant, deadLetter, handle, retry, run } from "@spillway/core";
import { dynamoDbStores } from "@spillway/dynamodb";
import { dynamoDbStreamSource } from "@spillway/dynamodb-streams";

const stores = dynamoDbStores({ client: new DynamoDBClient({}), tableName: "spillway" });
const changes = dynamoDbStreamSource({
  client: new DynamoDBStreamsClient({}),
  tableName: "orders",
  view: "NEW_AND_OLD_IMAGES",
  consumer: "search-index",
  stores,
});

const index = consume(changes, { ordering: "key" }).pipe(
  handle(async (change, { signal }) => {
    if (change.kind === "remove") await search.remove(change.keys, signal);
    else await search.put(change.newImage, signal);
  }),
  retry({ attempts: 5, backoff: constant(1_000) }),
  deadLetter(dead),
  checkpoint(),
);
await run(index, { signal });
