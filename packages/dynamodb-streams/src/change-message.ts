import type { _Record } from "@aws-sdk/client-dynamodb-streams";
import type { Headers, LogMessage, PartitionId, Position } from "@spillway/spec";
import type { Change, ViewType } from "./change.ts";
import { marshalledJson } from "./marshalled-json.ts";
import { toChange } from "./to-change.ts";

/** A change on its way, with the record that it came from. */
export interface ChangeMessage<View extends ViewType> extends LogMessage<Change<View>> {
  readonly record: _Record;
}

const none: Headers = [];

/** A stream record as a message. Its key is the item's key as text, so that `ordering: "key"` keeps each item in order. */
export function toMessage<View extends ViewType>(record: _Record, partition: PartitionId, view: View): ChangeMessage<View> {
  const position = (record.dynamodb?.SequenceNumber ?? "") as Position;
  return {
    id: record.eventID ?? `${partition}:${position}`,
    key: keyOf(record),
    value: toChange(record, view),
    headers: none,
    timestampMs: record.dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0,
    position,
    record,
  };
}

function keyOf({ dynamodb }: _Record): string | undefined {
  if (dynamodb?.Keys === undefined) return undefined;
  // The service gives the attributes in no fixed order.
  const entries = Object.entries(dynamodb.Keys).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return marshalledJson(Object.fromEntries(entries));
}
