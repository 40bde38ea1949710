import type { AttributeValue } from "@aws-sdk/client-dynamodb-streams";
import { SpillwayError } from "@spillway/spec";
import { exactNumber, type ExactNumber } from "./exact-number.ts";

/** One attribute of an item, as JavaScript has it; numbers without loss. */
export type ItemValue =
  | string
  | ExactNumber
  | boolean
  | null
  | Uint8Array
  | ReadonlySet<string>
  | ReadonlySet<ExactNumber>
  /** A set of binary values: bytes do not compare by value in a Set. */
  | readonly Uint8Array[]
  | readonly ItemValue[]
  | Item;

/** An item, or the key of one. */
export interface Item {
  readonly [attribute: string]: ItemValue;
}

/** Unmarshals attributes; throws SPILLWAY_DECODE_FAILED at a type that this code does not know. */
export function toItem(attributes: Readonly<Record<string, AttributeValue>>): Item {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, toValue(value)]));
}

function toValue(value: AttributeValue): ItemValue {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return exactNumber(value.N);
  if (value.M !== undefined) return toItem(value.M);
  if (value.L !== undefined) return value.L.map(toValue);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  if (value.B !== undefined) return value.B;
  if (value.SS !== undefined) return new Set(value.SS);
  if (value.NS !== undefined) return new Set(value.NS.map(exactNumber));
  if (value.BS !== undefined) return value.BS;
  throw new SpillwayError(
    `An attribute has a type that this version does not know: ${Object.keys(value).join(", ")}. Update @spillway/dynamodb-streams.`,
    {
      code: "SPILLWAY_DECODE_FAILED",
      failureClass: "permanent",
    },
  );
}
