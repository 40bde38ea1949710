import type { Database } from "../storage/environment.ts";
import { keyOf } from "../storage/keys.ts";

/** Where one message of a queue stands. */
export interface Delivery {
  /** How often it has been given out. */
  readonly receiveCount: number;
  /** When it may be given out again, or for the first time. */
  readonly visibleAtMs: number;
  /** Whether the receipt of its last delivery is still good. */
  readonly lent: boolean;
  /** The group it belongs to; undefined when it has none. */
  readonly group: string | undefined;
}

const headBytes = 11;

/** Reads where a message stands; undefined when the queue no longer holds it. */
export function readDelivery(database: Database, queueId: number, sequence: number): Delivery | undefined {
  const stored = database.get(deliveryKey(queueId, sequence));
  if (stored === undefined) return undefined;
  return {
    lent: stored[0] === 1,
    receiveCount: stored.readUInt32LE(1),
    visibleAtMs: stored.readUIntLE(5, 6),
    group: stored.length > headBytes ? stored.toString("utf8", headBytes) : undefined,
  };
}

/** Stores where a message stands. */
export function writeDelivery(database: Database, queueId: number, sequence: number, delivery: Delivery): void {
  const { group = "", lent, receiveCount, visibleAtMs } = delivery;
  const stored = Buffer.allocUnsafe(headBytes + Buffer.byteLength(group));
  stored[0] = lent ? 1 : 0;
  stored.writeUInt32LE(receiveCount, 1);
  stored.writeUIntLE(visibleAtMs, 5, 6);
  stored.write(group, headBytes);
  database.put(deliveryKey(queueId, sequence), stored);
}

/** The key of where a message stands. */
export function deliveryKey(queueId: number, sequence: number): Buffer {
  return keyOf("delivery", { u32: queueId }, { u48: sequence });
}

/** The key of what a message says. */
export function queuedKey(queueId: number, sequence: number): Buffer {
  return keyOf("queued", { u32: queueId }, { u48: sequence });
}
