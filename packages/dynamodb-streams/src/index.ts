export type { Change, Insert, Modify, NewImage, OldImage, Remove, ViewType } from "./change.ts";
export { dynamoDbStreamSource, type DynamoDbStreamSource, type DynamoDbStreamSourceOptions } from "./dynamodb-stream-source.ts";
export type { DecimalText, ExactNumber } from "./exact-number.ts";
export type { TableStream } from "./followed-streams.ts";
export type { Item, ItemValue } from "./stream-item.ts";
