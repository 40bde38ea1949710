import type { CallOptions } from "@spillway/spec";

/** Names one object of an object store. */
export interface ObjectLocation {
  readonly bucket: string;
  readonly key: string;
}

/** What this adapter needs of S3, or of a store like it, to keep payloads that are too large for SQS; docs/sqs.md shows one over the S3 client. */
export interface ObjectStore {
  /**
   * Resolves to the object's bytes, undefined when there is no such object. Must refuse, by rejecting, to read more than maxBytes into memory.
   * A rejection leaves the message in the queue; it comes back when its visibility ends.
   */
  get(object: ObjectLocation, options: CallOptions & { readonly maxBytes: number }): Promise<Uint8Array | undefined>;
  /** Resolves when the object is stored as durably as it ever will be. A rejection fails the message that was to point to it. */
  put(object: ObjectLocation, bytes: Uint8Array, options: CallOptions): Promise<void>;
  /** Resolves when the object is gone; deleting what is not there is no error. After a rejection the object stays, for a lifecycle rule to remove. */
  delete(object: ObjectLocation, options: CallOptions): Promise<void>;
}
