import type { AttributeValue, _Record } from "@aws-sdk/client-dynamodb-streams";
import { SpillwayError } from "@spillway/spec";
import type { Change, ViewType } from "./change.ts";
import { toItem, type Item } from "./stream-item.ts";

/** The service that deletes items whose time to live is over. */
const timeToLive = "dynamodb.amazonaws.com";

/**
 * A stream record as a change. Keys and images are unmarshalled when they are first asked for: one that cannot be is then the failure of the handler
 * that asked, a poison message, and not the end of its shard.
 */
export function toChange<View extends ViewType>(record: _Record, view: View): Change<View> {
  const { Keys, NewImage, OldImage } = record.dynamodb ?? {};
  const change: Record<string, unknown> = { kind: kindOf(record) };
  if (change.kind === "remove") change.by = record.userIdentity?.PrincipalId === timeToLive ? "time-to-live" : "user";
  define(change, "keys", Keys);
  if (change.kind !== "remove" && (view === "NEW_IMAGE" || view === "NEW_AND_OLD_IMAGES")) define(change, "newImage", NewImage);
  if (change.kind !== "insert" && (view === "OLD_IMAGE" || view === "NEW_AND_OLD_IMAGES")) define(change, "oldImage", OldImage);
  // Built member by member: the compiler cannot see which members a view has.
  return change as unknown as Change<View>;
}

function kindOf({ eventName, dynamodb }: _Record): "insert" | "modify" | "remove" {
  if (eventName === "INSERT") return "insert";
  // A name that is not known, as emulators give for a deletion by time to live, is told by the images.
  const isDeletion =
    eventName === "REMOVE" || (eventName !== "MODIFY" && dynamodb?.NewImage === undefined && dynamodb?.OldImage !== undefined);
  return isDeletion ? "remove" : "modify";
}

function define(change: object, name: "keys" | "newImage" | "oldImage", attributes: Record<string, AttributeValue> | undefined): void {
  let item: Item | undefined;
  Object.defineProperty(change, name, {
    enumerable: true,
    configurable: true,
    get() {
      if (attributes === undefined) throw missing(name);
      item ??= toItem(attributes);
      return item;
    },
  });
}

function missing(name: string): SpillwayError {
  return new SpillwayError(`The stream record has no ${name}, though the stream's view should hold it.`, {
    code: "SPILLWAY_DECODE_FAILED",
    failureClass: "permanent",
  });
}
