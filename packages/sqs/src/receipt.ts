import type { Receipt } from "@spillway/spec";
import type { ObjectLocation } from "./object-store.ts";

/** What a receipt says: everything that settling the message needs, so that the source keeps nothing for messages in flight. */
export interface ReceiptParts {
  /** SQS's own receipt handle. */
  readonly handle: string;
  /** When this delivery began, in milliseconds since the Unix epoch by the source's clock: SQS keeps a delivery for at most 12 hours. */
  readonly receivedAtMs: number;
  /** The object that holds the payload; undefined when the message does. */
  readonly object: ObjectLocation | undefined;
}

/** Writes a receipt: "<received at> <handle>", or "<received at>/<bucket>/<key> <handle>" for a payload kept in an object. */
export function writeReceipt({ handle, receivedAtMs, object }: ReceiptParts): Receipt {
  const time = receivedAtMs.toString(36);
  const head = object === undefined ? time : `${time}/${encodeURIComponent(object.bucket)}/${encodeURIComponent(object.key)}`;
  return `${head} ${handle}` as Receipt;
}

/** Reads a receipt that writeReceipt made; of any other text the whole is taken for a handle, which SQS then refuses by itself. */
export function readReceipt(receipt: Receipt): ReceiptParts {
  const space = receipt.indexOf(" ");
  const [time, bucket, key] = receipt.slice(0, Math.max(space, 0)).split("/");
  const receivedAtMs = Number.parseInt(time ?? "", 36);
  if (Number.isNaN(receivedAtMs)) return { handle: receipt, receivedAtMs: 0, object: undefined };
  const object =
    bucket === undefined || key === undefined ? undefined : { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key) };
  return { handle: receipt.slice(space + 1), receivedAtMs, object };
}
