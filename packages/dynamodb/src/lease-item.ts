import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import type { FencingToken, LeaseRecord, PartitionId } from "@spillway/spec";
import {
  checkFormat,
  damaged,
  itemFormat,
  listOf,
  startOf,
  startToAttribute,
  textOf,
  textsOf,
  wholeNumberOf,
  type Item,
} from "./attributes.ts";
import { itemKey } from "./stores-table.ts";

/** A lease record as an item; writeId names the one write that made it. */
export function leaseToItem(scope: string, record: LeaseRecord, writeId: string): Record<string, AttributeValue> {
  return {
    ...itemKey("lease", scope, record.partition),
    format: { N: String(itemFormat) },
    partition: { S: record.partition },
    parents: listOf(record.parents),
    version: { N: String(record.version) },
    token: { N: String(record.token) },
    ...(record.owner !== undefined && { owner: { S: record.owner } }),
    durationMs: { N: String(record.durationMs) },
    ...(record.wantedBy !== undefined && { wantedBy: { S: record.wantedBy } }),
    state: { S: record.state },
    start: startToAttribute(record.start),
    writeId: { S: writeId },
  };
}

/** The lease record in an item. */
export function leaseOf(item: Item): LeaseRecord {
  checkFormat(item);
  const state = textOf(item, "state");
  if (state !== "open" && state !== "finished") throw damaged(item, `its state is ${state}`);
  return {
    partition: textOf(item, "partition") as PartitionId,
    parents: textsOf(item, "parents") as readonly PartitionId[],
    version: wholeNumberOf(item, "version"),
    token: wholeNumberOf(item, "token") as FencingToken,
    owner: item.owner?.S,
    durationMs: wholeNumberOf(item, "durationMs"),
    wantedBy: item.wantedBy?.S,
    state,
    start: startOf(item, "start"),
  };
}
