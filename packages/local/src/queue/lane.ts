import type { Database } from "../storage/environment.ts";
import { keyOf, within, type Bounds } from "../storage/keys.ts";
import { readDelivery, type Delivery } from "./delivery.ts";

/*
 * A lane is a group, or one message that has none. The index of lanes has one entry for each, under the time at which its first message becomes
 * visible: what is lent next is found there, and a lane whose first message is lent or delayed is not, whatever follows in it.
 */

/** A message of a lane, and where it stands. */
export interface LaneMember {
  readonly sequence: number;
  readonly delivery: Delivery;
}

/** Changes messages of the lane that holds this one, and keeps the lane's entry in the index right. */
export function changeLane(database: Database, queueId: number, sequence: number, group: string | undefined, change: () => void): void {
  const before = headOf(database, queueId, sequence, group);
  change();
  const after = headOf(database, queueId, sequence, group);
  if (before?.sequence === after?.sequence && before?.delivery.visibleAtMs === after?.delivery.visibleAtMs) return;
  if (before !== undefined) database.remove(readyKey(queueId, before));
  if (after !== undefined) database.put(readyKey(queueId, after), present);
}

/** The members of a group in order, from its first one on. */
export function* groupMembers(database: Database, queueId: number, group: string, limit: number): Iterable<LaneMember> {
  // Read as a whole: the caller changes what is being walked.
  const keys = Array.from(database.range({ ...within(keyOf("group", { u32: queueId }, { text: group })), limit }), ({ key }) => key);
  for (const key of keys) {
    const sequence = key.readUIntBE(key.length - 6, 6);
    const delivery = readDelivery(database, queueId, sequence);
    if (delivery !== undefined) yield { sequence, delivery };
  }
}

/** The key under which a message is a member of its group. */
export function groupKey(queueId: number, group: string, sequence: number): Buffer {
  return keyOf("group", { u32: queueId }, { text: group }, { u48: sequence });
}

/** What is stored where the key says it all. */
export const present: Buffer = Buffer.from([1]);

/** The bounds of all lanes, or of those whose first message is visible at this time. */
export function readyBounds(queueId: number, untilMs?: number): Bounds {
  const all = within(keyOf("ready", { u32: queueId }));
  return untilMs === undefined ? all : { from: all.from, until: keyOf("ready", { u32: queueId }, { u48: Math.floor(untilMs) + 1 }) };
}

/** What a key of the index says. */
export function parseReady(key: Buffer): { readonly visibleAtMs: number; readonly sequence: number } {
  return { visibleAtMs: key.readUIntBE(key.length - 12, 6), sequence: key.readUIntBE(key.length - 6, 6) };
}

function headOf(database: Database, queueId: number, sequence: number, group: string | undefined): LaneMember | undefined {
  if (group !== undefined) {
    for (const member of groupMembers(database, queueId, group, 1)) return member;
    return undefined;
  }
  const delivery = readDelivery(database, queueId, sequence);
  return delivery === undefined ? undefined : { sequence, delivery };
}

function readyKey(queueId: number, { sequence, delivery }: LaneMember): Buffer {
  return keyOf("ready", { u32: queueId }, { u48: delivery.visibleAtMs }, { u48: sequence });
}
