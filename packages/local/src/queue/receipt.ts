import { SpillwayError, type Receipt } from "@spillway/spec";

/** The receipt of one delivery: the message's sequence, and how often it had been given out. */
export function receiptOf(sequence: number, receiveCount: number): Receipt {
  return `${sequence}-${receiveCount}` as Receipt;
}

/** What a receipt stands for; undefined for a text that is none. */
export function parseReceipt(receipt: Receipt): { readonly sequence: number; readonly receiveCount: number } | undefined {
  const [, sequence, receiveCount] = /^(\d{1,15})-(\d{1,10})$/.exec(receipt) ?? [];
  return sequence === undefined || receiveCount === undefined
    ? undefined
    : { sequence: Number(sequence), receiveCount: Number(receiveCount) };
}

/** What is answered to a receipt that is worthless. */
export function receiptLost(queue: string, receipt: Receipt): SpillwayError {
  return new SpillwayError(
    `The receipt ${receipt} of the queue "${queue}" is worthless: its message was settled, given back, or lent again after its visibility ended. ` +
      `Leave it to its next delivery; a longer visibilityTimeoutMs makes this rarer.`,
    { code: "SPILLWAY_RECEIPT_LOST" },
  );
}
