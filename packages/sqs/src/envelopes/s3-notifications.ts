import { isJsonObject, notWhat, optionalTextOf, parseJsonObject, textOf, type JsonInput, type JsonObject } from "./parse-json.ts";

/** What happened to one object of S3. */
export interface S3Notification {
  /** Such as "ObjectCreated:Put". */
  readonly eventName: string;
  /** Milliseconds since the Unix epoch. */
  readonly eventTimeMs: number;
  readonly region: string;
  readonly configurationId: string | undefined;
  readonly bucket: { readonly name: string; readonly arn: string | undefined };
  readonly object: {
    /** Decoded: in the notification it is URL-encoded, with "+" for a space. */
    readonly key: string;
    /** Bytes; undefined for removals. */
    readonly size: number | undefined;
    readonly eTag: string | undefined;
    readonly versionId: string | undefined;
    /** Hexadecimal; orders the events of one key once both are padded to one length. */
    readonly sequencer: string | undefined;
  };
  /** The whole record as S3 wrote it. */
  readonly record: JsonObject;
}

const what = "an S3 notification";

/**
 * The events of an S3 notification: one message may hold many, and none when it is the s3:TestEvent that S3 sends once a notification is configured.
 * For `expand`; behind SNS: `s3Notifications(snsMessage(payload))`.
 */
export function s3Notifications(input: JsonInput): readonly S3Notification[] {
  const notification = parseJsonObject(input, what);
  if (notification.Event === "s3:TestEvent") return [];
  const { Records: records } = notification;
  if (!Array.isArray(records)) throw notWhat(what, 'it has no "Records"');
  return records.map(readRecord);
}

function readRecord(record: unknown): S3Notification {
  if (!isJsonObject(record) || !isJsonObject(record.s3)) throw notWhat(what, 'a record has no "s3"');
  const { bucket, object } = record.s3;
  if (!isJsonObject(bucket) || !isJsonObject(object)) throw notWhat(what, "a record names no bucket or no object");
  return {
    eventName: textOf(record, "eventName", what),
    eventTimeMs: Date.parse(textOf(record, "eventTime", what)),
    region: textOf(record, "awsRegion", what),
    configurationId: optionalTextOf(record.s3, "configurationId"),
    bucket: { name: textOf(bucket, "name", what), arn: optionalTextOf(bucket, "arn") },
    object: {
      key: decodeKey(textOf(object, "key", what)),
      size: typeof object.size === "number" ? object.size : undefined,
      eTag: optionalTextOf(object, "eTag"),
      versionId: optionalTextOf(object, "versionId"),
      sequencer: optionalTextOf(object, "sequencer"),
    },
    record,
  };
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html: "URL encoded"; a space comes as "+".
function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch (error) {
    throw notWhat(what, `the key "${encoded}" is not URL-encoded`, error);
  }
}
