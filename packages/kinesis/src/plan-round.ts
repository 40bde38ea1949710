import { aggregatedRecord, plainRecord, type OutgoingRecord } from "./outgoing-record.ts";
import { aggregateOverheadBytes, hashKeyBytes, userRecordOverheadBytes } from "./pack-aggregated.ts";
import type { PutEntry } from "./put-entry.ts";

/** How entries become records. */
export interface RoundOptions {
  /** Whether the entries of a partition key must stay in order: then no two records of a round hold the same key. */
  readonly keepsKeyOrder: boolean;
  /** The shard whose aggregated record an entry may join; undefined for one that goes alone. */
  shardOf(entry: PutEntry): string | undefined;
}

/** Where the Kinesis Producer Library stops to fill an aggregated record, unless it is told otherwise. */
export const maxAggregateBytes = 51_200;

/** A record that is being put together. */
interface Draft {
  readonly shardId: string | undefined;
  readonly first: PutEntry;
  readonly entries: PutEntry[];
  readonly keys: Set<string>;
  readonly hashKeys: Set<string>;
  bytes: number;
}

/** Puts entries into records that can be sent at once, in their order. Left out is what must wait until an earlier entry of its key is confirmed. */
export function planRound(entries: readonly PutEntry[], { keepsKeyOrder, shardOf }: RoundOptions): readonly OutgoingRecord[] {
  const drafts: Draft[] = [];
  const lastOfShard = new Map<string, Draft>();
  /** For each key the record that it is in, or none for one that has to wait. */
  const placeOfKey = new Map<string, Draft | undefined>();

  for (const entry of entries) {
    const draft = draftFor(entry);
    if (keepsKeyOrder) placeOfKey.set(entry.partitionKey, draft);
    if (draft !== undefined) add(entry, draft);
  }
  return drafts.map(toRecord);

  function draftFor(entry: PutEntry): Draft | undefined {
    const mustBeIn = placeOfKey.has(entry.partitionKey);
    const place = placeOfKey.get(entry.partitionKey);
    const shardId = shardOf(entry);
    const open = shardId === undefined ? undefined : lastOfShard.get(shardId);
    if (open !== undefined && open.bytes + bytesIn(open, entry) <= maxAggregateBytes) return !mustBeIn || place === open ? open : undefined;
    if (mustBeIn) return undefined;
    const draft: Draft = { shardId, first: entry, entries: [], keys: new Set(), hashKeys: new Set(), bytes: aggregateOverheadBytes };
    drafts.push(draft);
    if (shardId !== undefined) lastOfShard.set(shardId, draft);
    return draft;
  }
}

function add(entry: PutEntry, draft: Draft): void {
  draft.bytes += bytesIn(draft, entry);
  draft.entries.push(entry);
  draft.keys.add(entry.partitionKey);
  if (entry.explicitHashKey !== undefined) draft.hashKeys.add(entry.explicitHashKey);
}

/** What an entry adds to a record, or a few bytes less than that. */
function bytesIn({ keys, hashKeys }: Draft, { partitionKey, explicitHashKey, data, bytes }: PutEntry): number {
  const withKey = userRecordOverheadBytes + (keys.has(partitionKey) ? data.byteLength : bytes);
  if (explicitHashKey === undefined) return withKey;
  return withKey + hashKeyBytes.index + (hashKeys.has(explicitHashKey) ? 0 : hashKeyBytes.key);
}

function toRecord({ first, entries, shardId }: Draft): OutgoingRecord {
  return shardId === undefined || entries.length === 1 ? plainRecord(first) : aggregatedRecord(first, entries, shardId);
}
