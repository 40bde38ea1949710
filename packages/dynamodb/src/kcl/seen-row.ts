import type { Checkpoint } from "@spillway/spec";
import type { Item } from "../attributes.ts";
import { checkpointOf } from "../checkpoint-item.ts";
import { leaseOfRow, ourAttributes } from "./kcl-layout.ts";
import { isSamePlace, placeOf } from "./kcl-place.ts";
import { kclCheckpoint, kclLease, type KclRow } from "./kcl-row.ts";

/** A row of the library's table, whoever wrote it last. */
export interface SeenRow {
  readonly item: Item;
  readonly kcl: KclRow;
  /** How far the shard is. */
  readonly checkpoint: Checkpoint;
  /** The attributes of our own last checkpoint, if the library has not moved the shard since: they know more than the library's. */
  readonly ours: Item | undefined;
}

/** Reads a row; a time that the shard was to begin at is ours where we have noted one. */
export function seenRow(item: Item, startTimestampMs: number | undefined): SeenRow {
  const kcl = kclLease(item);
  const attributes = item[ourAttributes.checkpoint]?.M;
  const ours = attributes && checkpointOf(attributes);
  if (ours !== undefined && isSamePlace(placeOf(ours), kcl)) return { item, kcl, checkpoint: ours, ours: attributes };
  const start = item[ourAttributes.lease] === undefined ? undefined : leaseOfRow(item).start;
  return { item, kcl, checkpoint: kclCheckpoint(kcl, start?.at === "timestamp" ? start.timestampMs : startTimestampMs), ours: undefined };
}
