import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { SpillwayError, type Position, type StartPosition } from "@spillway/spec";

/** An item as the SDK has it. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** The version of the stores' items; a reader refuses one that it does not know. */
export const itemFormat = 1;

/** Refuses an item of a format that this code does not know: it must not be overwritten on a guess. */
export function checkFormat(item: Item): void {
  if (item.format?.N === String(itemFormat)) return;
  throw damaged(item, `its format is ${item.format?.N ?? "not stated"}, this version of @spillway/dynamodb knows ${itemFormat}`);
}

/** The error of an item that cannot be read. */
export function damaged(item: Item, why: string): SpillwayError {
  return new SpillwayError(
    `The item ${item.item?.S ?? "?"} of scope ${item.scope?.S ?? "?"} cannot be read: ${why}. Use the version that wrote it, or restore the item.`,
    { code: "SPILLWAY_FORMAT", failureClass: "fatal" },
  );
}

/** The text of an attribute that must be there. */
export function textOf(item: Item, name: string): string {
  const text = item[name]?.S;
  if (text === undefined) throw damaged(item, `attribute ${name} is not a text`);
  return text;
}

/** The whole number of an attribute that must be there. */
export function wholeNumberOf(item: Item, name: string): number {
  const number = Number(item[name]?.N ?? Number.NaN);
  if (!Number.isSafeInteger(number)) throw damaged(item, `attribute ${name} is not a whole number`);
  return number;
}

/** The texts of a list attribute; none when it is not there. */
export function textsOf(item: Item, name: string): readonly string[] {
  const list = item[name];
  if (list === undefined) return [];
  const texts = list.L?.map((element) => element.S);
  if (texts === undefined || texts.includes(undefined)) throw damaged(item, `attribute ${name} is not a list of texts`);
  return texts as string[];
}

/** A list attribute of texts; a list and not a set, because order counts and a set may not be empty. */
export function listOf(texts: readonly string[]): AttributeValue {
  return { L: texts.map((text) => ({ S: text })) };
}

/** A start position as an attribute. */
export function startToAttribute(start: StartPosition): AttributeValue {
  const at: AttributeValue = { S: start.at };
  if (start.at === "timestamp") return { M: { at, timestampMs: { N: String(start.timestampMs) } } };
  if (start.at === "after") return { M: { at, position: { S: start.position } } };
  return { M: { at } };
}

/** The start position in an attribute. */
export function startOf(item: Item, name: string): StartPosition {
  const stored = item[name]?.M;
  const at = stored?.at?.S;
  if (at === "earliest" || at === "latest") return { at };
  const timestampMs = Number(stored?.timestampMs?.N ?? Number.NaN);
  if (at === "timestamp" && Number.isFinite(timestampMs)) return { at, timestampMs };
  const position = stored?.position?.S;
  if (at === "after" && position !== undefined) return { at, position: position as Position };
  throw damaged(item, `attribute ${name} is not a start position`);
}
