import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/**
 * Attributes in DynamoDB's own form, as marshall() of @aws-sdk/util-dynamodb gives them. A number is text (`{ N: "12345678901234567890" }`), so no digit
 * is lost on the way.
 */
export type TableItem = Readonly<Record<string, AttributeValue>>;

/** What one message does to a table. */
export type TableWrite = SingleWrite | TableTransaction;

/** A write of one item. */
export type SingleWrite = TablePut | TableDelete | TableUpdate;

/** Stores an item in place of whatever has its key. */
export interface TablePut {
  readonly put: TableItem;
  /** Stores it only if this holds; left out: always. A write with a condition costs a call of its own. */
  readonly onlyIf?: WriteCondition;
}

/** Removes the item of this key; one that is not there is removed already. */
export interface TableDelete {
  /** The key attributes. */
  readonly delete: TableItem;
  readonly onlyIf?: WriteCondition;
}

/** Changes attributes of an item, which is made if it is not there. Costs a call of its own. */
export interface TableUpdate {
  readonly update: UpdateExpression;
  readonly onlyIf?: WriteCondition;
}

/** How an item is changed. */
export interface UpdateExpression {
  /** The key attributes. */
  readonly key: TableItem;
  /**
   * "SET cents = :cents". A retry runs it again, so one that counts ("ADD cents :more") belongs in a transaction, whose token makes a repeat harmless for
   * ten minutes.
   */
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: TableItem;
}

/** Writes that happen all or not at all. */
export interface TableTransaction {
  /** 1 to 100, and no two of one item: DynamoDB's bounds. */
  readonly transaction: readonly TransactionPart[];
}

/** One write of a transaction, or one look at an item that must be as its condition says. */
export type TransactionPart = (SingleWrite | TableCheck) & {
  /** Left out: the sink's table. */
  readonly tableName?: string;
};

/** A look at an item that is not written. */
export interface TableCheck {
  /** The key attributes. */
  readonly check: TableItem;
  readonly onlyIf: WriteCondition;
}

/** A condition on the item that the table holds under the same key. */
export interface WriteCondition {
  /** A condition expression: "attribute_not_exists(id)". */
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: TableItem;
  /** "succeed": the table is as it should be, as after an insert that was there already. "fail": the message fails with class permanent. */
  readonly whenRefused: "succeed" | "fail";
}

/** The names of the attributes that make up a table's key. */
export type KeyAttributes = readonly [partitionKey: string] | readonly [partitionKey: string, sortKey: string];

/** A text that is equal for equal keys; undefined when the item lacks a part of its key. */
export function keyText(item: TableItem, keyAttributes: KeyAttributes): string | undefined {
  const parts = keyAttributes.map((name) => {
    const { S, N, B } = item[name] ?? {};
    if (S !== undefined) return ["S", S];
    if (N !== undefined) return ["N", N];
    return B === undefined ? undefined : ["B", Buffer.from(B).toString("base64")];
  });
  return parts.includes(undefined) ? undefined : JSON.stringify(parts);
}

/** The attributes that name the item which a write is about. */
export function writtenItem(write: SingleWrite): TableItem {
  if ("put" in write) return write.put;
  return "delete" in write ? write.delete : write.update.key;
}
