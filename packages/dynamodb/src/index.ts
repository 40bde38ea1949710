export { dynamoDbSink, type DynamoDbSinkOptions } from "./dynamodb-sink.ts";
export { dynamoDbStores, type DynamoDbStores, type DynamoDbStoresOptions } from "./dynamodb-stores.ts";
export { dynamoDbStoresSetup, type DynamoDbStoresSetup } from "./dynamodb-stores-setup.ts";
export type { CreateTable } from "./stores-table.ts";
export { takeOverFromKcl, type TakenOverShard, type TakeOverFromKclOptions } from "./take-over-from-kcl.ts";
export type { KeyAttributes, PutCondition, TablePut } from "./table-put.ts";
