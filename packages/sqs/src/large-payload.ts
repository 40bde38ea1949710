import type { ObjectLocation } from "./object-store.ts";

// The format of AWS's extended client libraries, by which their readers and ours understand each other:
// https://github.com/awslabs/payload-offloading-java-common-lib-for-aws
const pointerClass = "software.amazon.payloadoffloading.PayloadS3Pointer";
const olderPointerClass = "com.amazon.sqs.javamessaging.MessageS3Pointer";

/** The attribute that marks a body as a pointer and gives the payload's size in bytes. */
export const pointerSizeAttribute = "ExtendedPayloadSize";

/** That attribute's names: today's, and the one of older releases of AWS's library. */
export const pointerSizeAttributes: readonly string[] = [pointerSizeAttribute, "SQSLargePayloadSize"];

/** The body of a message whose payload is in this object. */
export function writePointer({ bucket, key }: ObjectLocation): string {
  return JSON.stringify([pointerClass, { s3BucketName: bucket, s3Key: key }]);
}

/** The object that a body points to; undefined when the body is no pointer. */
export function readPointer(body: string): ObjectLocation | undefined {
  const [kind, pointer] = parseArray(body);
  if (kind !== pointerClass && kind !== olderPointerClass) return undefined;
  if (typeof pointer !== "object" || pointer === null || !("s3BucketName" in pointer) || !("s3Key" in pointer)) return undefined;
  const { s3BucketName: bucket, s3Key: key } = pointer;
  return typeof bucket === "string" && typeof key === "string" ? { bucket, key } : undefined;
}

function parseArray(body: string): readonly unknown[] {
  if (!body.startsWith("[")) return [];
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? value : [];
  } catch {
    return []; // Whatever begins with a bracket but is not JSON is no pointer.
  }
}
