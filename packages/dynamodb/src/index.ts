export { dynamoDbSink, type DynamoDbSinkOptions } from "./dynamodb-sink.ts";
export { dynamoDbStores, type DynamoDbStores, type DynamoDbStoresOptions } from "./dynamodb-stores.ts";
export { dynamoDbStoresSetup, kclStoresSetup, type DynamoDbStoresSetup } from "./dynamodb-stores-setup.ts";
export type { CreateTable } from "./stores-table.ts";
export { takeOverFromKcl, type TakeOverFromKclOptions } from "./kcl/take-over-from-kcl.ts";
export type {
  KeyAttributes,
  SingleWrite,
  TableCheck,
  TableDelete,
  TableItem,
  TablePut,
  TableTransaction,
  TableUpdate,
  TableWrite,
  TransactionPart,
  UpdateExpression,
  WriteCondition,
} from "./table-write.ts";
export { kclStores, type KclStores, type KclStoresOptions } from "./kcl/kcl-stores.ts";
export type { TakenOverShard } from "./kcl/shard-checkpoints.ts";
export type { TakeOverInPlaceOptions } from "./kcl/take-over-in-place.ts";
