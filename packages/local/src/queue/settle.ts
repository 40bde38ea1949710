import { succeeded, type ItemResult, type Receipt } from "@spillway/spec";
import type { Database } from "../storage/environment.ts";
import { deliveryKey, queuedKey, readDelivery, writeDelivery, type Delivery } from "./delivery.ts";
import { changeLane, groupKey } from "./lane.ts";
import type { StoredQueue } from "./queue-definition.ts";
import { readQueueState, writeQueueState } from "./queue-state.ts";
import { parseReceipt, receiptLost } from "./receipt.ts";

/** What becomes of a message that is lent. */
export type Settlement =
  | { readonly how: "delete" }
  /** It is visible again at this time, and its receipt is worthless from now on. */
  | { readonly how: "give back"; readonly visibleAtMs: number }
  /** It stays lent until this time. */
  | { readonly how: "keep"; readonly visibleAtMs: number };

/** Settles messages by their receipts, within a write. Results are aligned with the receipts; a worthless one costs the others nothing. */
export function settleAll(
  database: Database,
  queue: StoredQueue,
  receipts: readonly Receipt[],
  settlement: Settlement,
): readonly ItemResult[] {
  let deleted = 0;
  const results = receipts.map((receipt): ItemResult => {
    const named = parseReceipt(receipt);
    const delivery = named === undefined ? undefined : readDelivery(database, queue.id, named.sequence);
    if (named === undefined || delivery === undefined || !delivery.lent || delivery.receiveCount !== named.receiveCount) {
      return { ok: false, error: receiptLost(queue.name, receipt) };
    }
    changeLane(database, queue.id, named.sequence, delivery.group, () =>
      settleOne(database, queue.id, named.sequence, delivery, settlement),
    );
    if (settlement.how === "delete") deleted += 1;
    return succeeded;
  });
  if (deleted > 0) {
    const { nextSequence, held } = readQueueState(database, queue.id);
    writeQueueState(database, queue.id, { nextSequence, held: held - deleted });
  }
  return results;
}

function settleOne(database: Database, queueId: number, sequence: number, delivery: Delivery, settlement: Settlement): void {
  if (settlement.how !== "delete") {
    const visibleAtMs = Math.ceil(settlement.visibleAtMs);
    writeDelivery(database, queueId, sequence, { ...delivery, visibleAtMs, lent: settlement.how === "keep" });
    return;
  }
  database.remove(deliveryKey(queueId, sequence));
  database.remove(queuedKey(queueId, sequence));
  if (delivery.group !== undefined) database.remove(groupKey(queueId, delivery.group, sequence));
}
