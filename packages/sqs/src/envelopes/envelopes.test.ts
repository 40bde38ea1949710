import { describe, expect, test } from "vitest";
import { bytes } from "../testing/facts.ts";
import { eventBridgeEvent } from "./event-bridge.ts";
import { s3Notifications } from "./s3-notifications.ts";
import { snsEnvelope, snsMessage } from "./sns.ts";

const record = (key: string, extra: object = {}): object => ({
  eventVersion: "2.1",
  eventSource: "aws:s3",
  awsRegion: "eu-west-1",
  eventTime: "2025-11-14T00:38:06.021Z",
  eventName: "ObjectCreated:Put",
  s3: {
    configurationId: "c",
    bucket: { name: "b", arn: "arn:aws:s3:::b" },
    object: { key, size: 3, eTag: "e", sequencer: "0A1B", ...extra },
  },
});
const sns = (message: string): object => ({
  Type: "Notification",
  MessageId: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  TopicArn: "arn:aws:sns:eu-west-1:1:topic",
  Message: message,
  Timestamp: "2025-11-14T00:38:06.021Z",
  SignatureVersion: "1",
  MessageAttributes: { kind: { Type: "String", Value: "x" } },
});
const json = (value: object): Uint8Array => bytes(JSON.stringify(value));
const decodeFailed = expect.objectContaining({ code: "SPILLWAY_DECODE_FAILED", failureClass: "permanent" }) as Error;
const tombstone = expect.objectContaining({ code: "SPILLWAY_TOMBSTONE" }) as Error;

describe("S3 notifications", () => {
  test("every record becomes an event, with its key decoded", () => {
    const events = s3Notifications(json({ Records: [record("a+b/%C3%BC%2B.txt"), record("plain", { versionId: "v1" })] }));
    expect(events.map(({ object }) => object.key)).toEqual(["a b/ü+.txt", "plain"]);
    expect(events[1]).toMatchObject({
      eventName: "ObjectCreated:Put",
      eventTimeMs: Date.parse("2025-11-14T00:38:06.021Z"),
      region: "eu-west-1",
      configurationId: "c",
      bucket: { name: "b", arn: "arn:aws:s3:::b" },
      object: { size: 3, eTag: "e", versionId: "v1", sequencer: "0A1B" },
    });
  });

  test("the test event that S3 sends at first is no events, and no error", () => {
    expect(s3Notifications(json({ Service: "Amazon S3", Event: "s3:TestEvent", Time: "t", Bucket: "b" }))).toEqual([]);
  });

  test("a removal has no size", () => {
    const removed = { ...record("k"), eventName: "ObjectRemoved:Delete", s3: { bucket: { name: "b" }, object: { key: "k" } } };
    expect(s3Notifications({ Records: [removed] })[0]?.object).toEqual({ key: "k" });
  });

  test("behind SNS, wrapped or raw, it is the same", () => {
    const notification = JSON.stringify({ Records: [record("k")] });
    expect(s3Notifications(snsMessage(json(sns(notification))))).toEqual(s3Notifications(snsMessage(bytes(notification))));
  });

  test("anything else is a decode failure, and a tombstone is a tombstone", () => {
    for (const input of [
      bytes("x"),
      bytes("[]"),
      json({}),
      json({ Records: [{}] }),
      json({ Records: [record("%E0%A4%A")] }),
      Uint8Array.of(0xff),
    ]) {
      expect(() => s3Notifications(input)).toThrow(decodeFailed);
    }
    expect(() => s3Notifications(null)).toThrow(tombstone);
  });
});

describe("SNS", () => {
  test("an envelope gives what SNS says of the message", () => {
    expect(snsEnvelope(json({ ...sns("hi"), Subject: "s" }))).toEqual({
      messageId: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
      topicArn: "arn:aws:sns:eu-west-1:1:topic",
      subject: "s",
      message: "hi",
      timestampMs: Date.parse("2025-11-14T00:38:06.021Z"),
      attributes: [{ name: "kind", type: "String", value: "x" }],
      sequenceNumber: undefined,
    });
  });

  test("snsMessage gives what was published, with raw delivery and without", () => {
    expect(snsMessage(json(sns("hi")))).toBe("hi");
    expect(snsMessage(bytes("hi"))).toBe("hi");
    expect(snsMessage(bytes('{"Type":"invoice"}'))).toBe('{"Type":"invoice"}');
    expect(snsMessage(bytes("{broken"))).toBe("{broken");
  });

  test("a subscription's confirmation is not a message: a person answers it", () => {
    expect(() => snsMessage(json({ ...sns("confirm"), Type: "SubscriptionConfirmation" }))).toThrow(/confirm or delete the subscription/);
  });

  test("anything else is no envelope", () => {
    expect(() => snsEnvelope(bytes("hi"))).toThrow(decodeFailed);
    expect(() => snsMessage(null)).toThrow(tombstone);
  });
});

describe("EventBridge", () => {
  const event = {
    version: "0",
    id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "detail-type": "EC2 Instance State-change Notification",
    source: "aws.ec2",
    account: "111122223333",
    time: "2017-12-22T18:43:48Z",
    region: "us-west-1",
    resources: ["arn:aws:ec2:us-west-1:123456789012:instance/i-1"],
    detail: { state: "terminated" },
  };

  test("an event gives its members under names of ours", () => {
    expect(eventBridgeEvent(json(event))).toEqual({
      id: event.id,
      detailType: event["detail-type"],
      source: "aws.ec2",
      account: "111122223333",
      region: "us-west-1",
      timestampMs: Date.parse("2017-12-22T18:43:48Z"),
      resources: event.resources,
      detail: { state: "terminated" },
    });
  });

  test("what a rule has transformed is no event", () => {
    expect(() => eventBridgeEvent(json({ state: "terminated" }))).toThrow(decodeFailed);
  });
});
