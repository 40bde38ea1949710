import type { AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update } from "@aws-sdk/client-dynamodb";
import type { SingleWrite, TableItem, TransactionPart, UpdateExpression, WriteCondition } from "./table-write.ts";

/** Expressions with their placeholders, as every call takes them. */
interface Expressions {
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>;
}

/** A put as PutItem and a transaction take it. */
export function putInput(tableName: string, item: TableItem, onlyIf: WriteCondition | undefined): Put {
  return { TableName: tableName, Item: item, ...expressions(onlyIf) };
}

/** A delete as DeleteItem and a transaction take it. */
export function deleteInput(tableName: string, key: TableItem, onlyIf: WriteCondition | undefined): Delete {
  return { TableName: tableName, Key: key, ...expressions(onlyIf) };
}

/** An update as UpdateItem and a transaction take it. Throws when update and condition give one placeholder two meanings. */
export function updateInput(tableName: string, update: UpdateExpression, onlyIf: WriteCondition | undefined): Update {
  return { TableName: tableName, Key: update.key, UpdateExpression: update.expression, ...expressions(onlyIf, update) };
}

/** A part of a transaction as DynamoDB takes it. */
export function transactInput(sinkTable: string, part: TransactionPart): TransactWriteItem {
  const tableName = part.tableName ?? sinkTable;
  if ("check" in part) return { ConditionCheck: { TableName: tableName, Key: part.check, ...expressions(part.onlyIf) } as ConditionCheck };
  return singleInput(tableName, part);
}

function singleInput(tableName: string, write: SingleWrite): TransactWriteItem {
  if ("put" in write) return { Put: putInput(tableName, write.put, write.onlyIf) };
  if ("delete" in write) return { Delete: deleteInput(tableName, write.delete, write.onlyIf) };
  return { Update: updateInput(tableName, write.update, write.onlyIf) };
}

function expressions(onlyIf: WriteCondition | undefined, update?: Pick<UpdateExpression, "names" | "values">): Expressions {
  const names = merged(update?.names, onlyIf?.names);
  const values = merged(update?.values, onlyIf?.values);
  return {
    ...(onlyIf && { ConditionExpression: onlyIf.expression }),
    // DynamoDB takes no empty map.
    ...(names && { ExpressionAttributeNames: names }),
    ...(values && { ExpressionAttributeValues: values }),
  };
}

function merged<T>(one: Readonly<Record<string, T>> = {}, other: Readonly<Record<string, T>> = {}): Record<string, T> | undefined {
  const both = Object.keys(one).find((placeholder) => placeholder in other && one[placeholder] !== other[placeholder]);
  if (both !== undefined) throw new TypeError(`update and onlyIf both define ${both}; give them different placeholders`);
  const all = { ...one, ...other };
  return Object.keys(all).length === 0 ? undefined : all;
}
