import { isUtf8 } from "node:buffer";

// What SQS refuses in a body or a string attribute: all but #x9 #xA #xD #x20-#xD7FF #xE000-#xFFFD #x10000-#x10FFFF.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
// With the u flag the last range means lone surrogates only.
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const refused = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\ud800-\udfff]/u;
const refusedInJson = /[\ufffe\uffff]/g;

/** Whether SQS takes this text as it is. */
export function isSqsText(text: string): boolean {
  return text.length > 0 && !refused.test(text);
}

/** The text that these bytes are in UTF-8, where SQS takes it as it is; undefined otherwise. */
export function bytesAsSqsText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0 || !isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return refused.test(text) ? undefined : text;
}

/** JSON in which every character is one that SQS takes. */
export function sqsJson(value: unknown): string {
  // JSON.stringify escapes control characters and lone surrogates by itself, but not these two.
  return JSON.stringify(value).replace(refusedInJson, (character) => `\\u${character.charCodeAt(0).toString(16)}`);
}

/** How many bytes SQS counts for this text. */
export function textBytes(text: string): number {
  return Buffer.byteLength(text, "utf8");
}

/** Bytes as base64. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Base64 as bytes. */
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
