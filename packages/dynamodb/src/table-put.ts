import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** One message as DynamoDB is to store it. */
export interface TablePut {
  /**
   * The item in DynamoDB's own form, as marshall() of @aws-sdk/util-dynamodb gives it. A number is text (`{ N: "12345678901234567890" }`), so no digit
   * is lost on the way.
   */
  readonly item: Readonly<Record<string, AttributeValue>>;
  /** Stores the item only if this holds; left out: always. Such an item costs a call of its own. */
  readonly onlyIf?: PutCondition;
}

/** A condition on the item that the table holds under the same key. */
export interface PutCondition {
  /** A condition expression: "attribute_not_exists(id)". */
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, AttributeValue>>;
  /** "succeed": the table is as it should be, as after an insert that was there already. "fail": the message fails with class permanent. */
  readonly whenRefused: "succeed" | "fail";
}

/** The names of the attributes that make up a table's key. */
export type KeyAttributes = readonly [partitionKey: string] | readonly [partitionKey: string, sortKey: string];

/** A text that is equal for equal keys; undefined when the item lacks a part of its key. */
export function keyText(item: TablePut["item"], keyAttributes: KeyAttributes): string | undefined {
  const parts = keyAttributes.map((name) => {
    const { S, N, B } = item[name] ?? {};
    if (S !== undefined) return ["S", S];
    if (N !== undefined) return ["N", N];
    return B === undefined ? undefined : ["B", Buffer.from(B).toString("base64")];
  });
  return parts.includes(undefined) ? undefined : JSON.stringify(parts);
}
