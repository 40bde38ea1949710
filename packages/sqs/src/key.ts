import { createHash } from "node:crypto";
import { isUtf8 } from "node:buffer";
import { toBase64 } from "./sqs-text.ts";

// What SQS takes as a group or deduplication id.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const groupForm = /^[!-~]{1,128}$/;

/** A key as text, in which equal keys are equal: its own text, or "base64:" and its bytes where it is not text. */
export function keyText(key: string | Uint8Array): string {
  if (typeof key === "string") return key;
  return isUtf8(key) ? Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("utf8") : `base64:${toBase64(key)}`;
}

/** Whether SQS takes this text as a group or deduplication id. */
export function isSqsId(text: string): boolean {
  return groupForm.test(text);
}

/** A group or deduplication id for any text: the text itself where SQS takes it, otherwise its SHA-256. */
export function sqsId(text: string): string {
  return isSqsId(text) ? text : createHash("sha256").update(text).digest("base64url");
}
