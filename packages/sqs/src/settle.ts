import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import { SpillwayError, succeeded, type CallOptions, type ItemResult, type Receipt } from "@spillway/spec";
import { inParallel } from "./in-parallel.ts";
import { readReceipt, type ReceiptParts } from "./receipt.ts";
import { bareName, meaningOf } from "./sqs-error.ts";

/** SQS's limit for every batch call. */
export const maxEntries = 10;

/** What one batch call answered, in the names that all of SQS's batch calls share. */
export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
  readonly Failed?: readonly BatchResultErrorEntry[] | undefined;
}

/** One receipt in one batch call. */
export interface Settlement extends ReceiptParts {
  /** Names it within the call. */
  readonly id: string;
}

/** Runs batch calls for any number of receipts, concurrently, and gives each receipt its own result. */
export async function settle(
  receipts: readonly Receipt[],
  options: CallOptions & { readonly maxConcurrentCalls: number },
  send: (chunk: readonly Settlement[]) => Promise<BatchAnswer>,
): Promise<readonly ItemResult[]> {
  const chunks: Settlement[][] = [];
  for (let start = 0; start < receipts.length; start += maxEntries) {
    chunks.push(receipts.slice(start, start + maxEntries).map((receipt, index) => ({ ...readReceipt(receipt), id: String(index) })));
  }
  const results = await inParallel(chunks, options.maxConcurrentCalls, async (chunk) => {
    try {
      return resultsOf(chunk, await send(chunk));
    } catch (error) {
      // An aborted call is the caller's own doing and rejects; of a failed one the other chunks' results are still worth having.
      options.signal.throwIfAborted();
      if (!(error instanceof SpillwayError)) throw error;
      return chunk.map((): ItemResult => ({ ok: false, error }));
    }
  });
  return results.flat();
}

function resultsOf(chunk: readonly Settlement[], answer: BatchAnswer): readonly ItemResult[] {
  const done = new Set(answer.Successful?.map(({ Id }) => Id));
  const failed = new Map(answer.Failed?.map((entry) => [entry.Id, entry]));
  return chunk.map(({ id }) => {
    if (done.has(id)) return succeeded;
    const entry = failed.get(id);
    return { ok: false, error: entry === undefined ? noResult() : entryError(entry) };
  });
}

/** What SQS says about one entry, as an error of ours. */
function entryError({ Code = "", Message = "", SenderFault }: BatchResultErrorEntry): SpillwayError {
  const meaning = meaningOf(Code);
  if (meaning !== undefined)
    return new SpillwayError(`SQS refused to settle a message: ${bareName(Code)}: ${Message} ${meaning.advice}`, meaning);
  // Of what the caller can be blamed for only the handle is left: it is of another delivery, of a message deleted since, or its visibility or 12 hours are over.
  if (SenderFault === true) return receiptLost(`${bareName(Code)}: ${Message}`);
  return new SpillwayError(`SQS could not settle a message: ${bareName(Code)}: ${Message} It is tried again.`, {
    code: "SPILLWAY_SQS_UNAVAILABLE",
  });
}

/** The receipt is worthless, and why. */
export function receiptLost(reason: string): SpillwayError {
  return new SpillwayError(`The message is not ours any more, and SQS will give it to somebody again unless it was deleted: ${reason}`, {
    code: "SPILLWAY_RECEIPT_LOST",
  });
}

function noResult(): SpillwayError {
  return new SpillwayError("SQS gave no result for one entry of a batch call: whether it took place is unknown; it is tried again.", {
    code: "SPILLWAY_RESULT_MISMATCH",
  });
}
