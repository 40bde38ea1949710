import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import { manualClock } from "@spillway/conformance";
import { SpillwayError, type Payload, type QueueSource, type Receipt } from "@spillway/spec";
import { sqsSource, type SqsFifoTraits, type SqsStandardTraits } from "./sqs-source.ts";
import { bytes, calm, codes, text } from "./testing/facts.ts";
import { allSucceed, fakeMessage, startFakeSqs, type FakeSqs } from "./testing/fake-sqs.ts";
import { silenceSdk } from "./testing/silence-sdk.ts";

silenceSdk();
let sqs: FakeSqs;
beforeEach(async () => {
  sqs = await startFakeSqs();
});
afterEach(async () => {
  await sqs.close();
});

const lost = "SPILLWAY_RECEIPT_LOST";
const hourMs = 3_600_000;

function receipts(source: QueueSource<Payload>, maxMessages = 10): Promise<readonly Receipt[]> {
  return source.receive({ maxMessages, signal: calm }).then((messages) => messages.map(({ receipt }) => receipt));
}

/** The fake gives these messages once, and then none. */
function gives(...messages: readonly object[]): void {
  let left = messages;
  sqs.on("ReceiveMessage", () => {
    const now = left;
    left = [];
    return { json: { Messages: now } };
  });
}

describe("receiving", () => {
  test("asks for what there is room for, at most ten, with its own visibility and every attribute", async () => {
    gives();
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl, visibilityTimeoutMs: 45_000, waitMs: 3_000 });
    await source.receive({ maxMessages: 25, signal: calm });
    await source.receive({ maxMessages: 4, signal: calm });
    expect(sqs.calls.map(({ input }) => input.MaxNumberOfMessages)).toEqual([10, 4]);
    expect(sqs.calls[0]?.input).toMatchObject({
      VisibilityTimeout: 45,
      WaitTimeSeconds: 3,
      MessageAttributeNames: ["All"],
      MessageSystemAttributeNames: ["All"],
    });
  });

  test("a message says what SQS says of it", async () => {
    gives(
      fakeMessage("m1", "body", {
        Attributes: {
          SentTimestamp: "1700000000123",
          ApproximateReceiveCount: "3",
          AWSTraceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793",
        },
        MessageAttributes: { tenant: { DataType: "String", StringValue: "acme" } },
      }),
    );
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const [message] = await source.receive({ maxMessages: 1, signal: calm });
    expect(message).toMatchObject({
      id: "m1",
      key: undefined,
      value: bytes("body"),
      headers: [
        ["AWSTraceHeader", "Root=1-5759e988-bd862e3fe1be46a994272793"],
        ["tenant", "acme"],
      ],
      timestampMs: 1_700_000_000_123,
      receiveCount: 3,
    });
    expect(source.name).toBe("orders");
  });

  test("a wrong checksum costs the other nine nothing, and the next receive says so once", async () => {
    const ten = Array.from({ length: 10 }, (_, index) =>
      fakeMessage(`m${index}`, `body ${index}`, index === 4 ? { MD5OfBody: "0".repeat(32) } : {}),
    );
    gives(...ten);
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const messages = await source.receive({ maxMessages: 10, signal: calm });
    expect(messages.map(({ value }) => text(value))).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9].map((index) => `body ${index}`));
    await expect(source.receive({ maxMessages: 10, signal: calm })).rejects.toMatchObject({
      code: "SPILLWAY_SQS_CHECKSUM",
      failureClass: "transient",
      message: expect.stringContaining("m4") as string,
    });
    expect(await source.receive({ maxMessages: 10, signal: calm })).toEqual([]);
  });

  test("checksums are left alone where the client's md5 is false", async () => {
    gives(fakeMessage("m1", "body", { MD5OfBody: "0" }));
    const source = sqsSource({ client: sqs.client({ md5: false }), queueUrl: sqs.queueUrl });
    expect(await source.receive({ maxMessages: 1, signal: calm })).toHaveLength(1);
  });

  test("a message with an attribute of a newer release is left in the queue", async () => {
    gives(
      fakeMessage("m1", "x", { MessageAttributes: { "spillway-meta": { DataType: "String", StringValue: '{"v":2}' } } }),
      fakeMessage("m2", "y"),
    );
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    expect((await source.receive({ maxMessages: 10, signal: calm })).map(({ id }) => id)).toEqual(["m2"]);
    await expect(source.receive({ maxMessages: 10, signal: calm })).rejects.toMatchObject({ code: "SPILLWAY_FORMAT" });
  });

  test("a group ends at its first message that cannot be passed on, so that its order is kept", async () => {
    await sqs.close();
    sqs = await startFakeSqs("orders.fifo");
    const of = (group: string): object => ({ Attributes: { MessageGroupId: group, SentTimestamp: "1", ApproximateReceiveCount: "1" } });
    gives(
      fakeMessage("a1", "1", of("a")),
      fakeMessage("a2", "2", { ...of("a"), MD5OfBody: "bad" }),
      fakeMessage("b1", "3", of("b")),
      fakeMessage("a3", "4", of("a")),
    );
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl, fifo: true });
    const messages = await source.receive({ maxMessages: 10, signal: calm });
    expect(messages.map(({ id, key }) => `${id} of ${key}`)).toEqual(["a1 of a", "b1 of b"]);
  });

  test("a FIFO receive whose answer was lost is asked again under the same id", async () => {
    await sqs.close();
    sqs = await startFakeSqs("orders.fifo");
    let call = 0;
    sqs.on("ReceiveMessage", () => ((call += 1) === 1 ? { fate: "reset" } : { json: {} }));
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl, fifo: true });
    await expect(source.receive({ maxMessages: 10, signal: calm })).rejects.toMatchObject({ failureClass: "transient" });
    await source.receive({ maxMessages: 10, signal: calm });
    await source.receive({ maxMessages: 10, signal: calm });
    const [first, second, third] = sqs.calls.map(({ input }) => input.ReceiveRequestAttemptId);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  test("aborting ends a long poll at once, with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    sqs.on("ReceiveMessage", () => {
      controller.abort(reason);
      return { fate: "hang" };
    });
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    await expect(source.receive({ maxMessages: 1, signal: controller.signal })).rejects.toBe(reason);
  });

  test("a poll that is never answered is given up after its wait and requestTimeoutMs", async () => {
    const clock = manualClock();
    let heard: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      heard = resolve;
    });
    sqs.on("ReceiveMessage", () => {
      heard();
      return { fate: "hang" };
    });
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl, waitMs: 20_000, requestTimeoutMs: 5_000, clock });
    const poll = source.receive({ maxMessages: 1, signal: calm });
    const ended = poll.catch((error: unknown) => error);
    await arrived;
    await clock.advance(25_000);
    expect(await ended).toMatchObject({ code: "SPILLWAY_SQS_TIMEOUT", failureClass: "transient" });
  });
});

describe("settling", () => {
  test("receipts go out in calls of ten, and each has its own result", async () => {
    gives();
    sqs.on("DeleteMessageBatch", ({ Entries = [] }) => ({
      json: {
        Successful: Entries.filter(({ ReceiptHandle }) => ReceiptHandle !== "h3" && ReceiptHandle !== "h21").map(({ Id }) => ({ Id })),
        Failed: Entries.flatMap(({ Id, ReceiptHandle }) => {
          if (ReceiptHandle === "h3") return [{ Id, Code: "ReceiptHandleIsInvalid", SenderFault: true, Message: "gone" }];
          return ReceiptHandle === "h21" ? [{ Id, Code: "InternalError", SenderFault: false, Message: "try later" }] : [];
        }),
      },
    }));
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const results = await source.ack(
      Array.from({ length: 23 }, (_, index) => `1 h${index}` as Receipt),
      { signal: calm },
    );
    const expected = Array.from({ length: 23 }, () => "ok");
    expected[3] = lost;
    expected[21] = "SPILLWAY_SQS_UNAVAILABLE";
    expect(codes(results)).toEqual(expected);
    expect(sqs.calls.map(({ input }) => input.Entries?.length ?? 0).sort((a, b) => a - b)).toEqual([3, 10, 10]);
  });

  test("a call that fails leaves the results of the others standing", async () => {
    sqs.on("DeleteMessageBatch", (input) => {
      const isSecond = input.Entries?.some(({ ReceiptHandle }) => ReceiptHandle === "h10");
      return isSecond === true ? { status: 503, name: "ServiceUnavailable" } : allSucceed(input);
    });
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const results = await source.ack(
      Array.from({ length: 21 }, (_, index) => `1 h${index}` as Receipt),
      { signal: calm },
    );
    expect(codes(results)).toEqual([
      ...Array.from({ length: 10 }, () => "ok"),
      ...Array.from({ length: 10 }, () => "SPILLWAY_SQS_UNAVAILABLE"),
      "ok",
    ]);
  });

  test("an entry without an answer is unknown, not done", async () => {
    sqs.on("DeleteMessageBatch", () => ({ json: { Successful: [], Failed: [] } }));
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    expect(codes(await source.ack(["1 h" as Receipt], { signal: calm }))).toEqual(["SPILLWAY_RESULT_MISMATCH"]);
  });

  test("all that SQS says of a worthless receipt means the same: it is lost", async () => {
    const refusals = ["ReceiptHandleIsInvalid", "AWS.SimpleQueueService.MessageNotInflight", "InvalidParameterValue"];
    sqs.on("ChangeMessageVisibilityBatch", ({ Entries = [] }) => ({
      json: { Failed: Entries.map(({ Id }, index) => ({ Id, Code: refusals[index], SenderFault: true, Message: "no" })) },
    }));
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const results = await source.nack(["1 a", "1 b", "1 c"] as Receipt[], { signal: calm, delayMs: 0 });
    expect(codes(results)).toEqual([lost, lost, lost]);
  });

  test("a throttled entry is tried again, whoever SQS says is to blame", async () => {
    sqs.on("DeleteMessageBatch", () => ({ json: { Failed: [{ Id: "0", Code: "RequestThrottled", SenderFault: true, Message: "slow" }] } }));
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const [result] = await source.ack(["1 a" as Receipt], { signal: calm });
    expect(result).toMatchObject({ ok: false, error: { code: "SPILLWAY_SQS_THROTTLED", failureClass: "transient" } });
  });

  test("a delay is rounded up to whole seconds", async () => {
    gives(fakeMessage("m", "x"));
    sqs.on("ChangeMessageVisibilityBatch", allSucceed);
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const [receipt] = await receipts(source);
    for (const delayMs of [0, 1, 1_000, 1_001, 90_500]) await source.nack([receipt as Receipt], { signal: calm, delayMs });
    const changes = sqs.calls.filter(({ action }) => action === "ChangeMessageVisibilityBatch");
    expect(changes.map(({ input }) => input.Entries?.[0]?.VisibilityTimeout)).toEqual([0, 1, 1, 2, 91]);
  });

  test("an extension that is never answered is given up after a sixth of the visibility, so that there is time for another", async () => {
    const clock = manualClock();
    let heard: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      heard = resolve;
    });
    sqs.on("ChangeMessageVisibilityBatch", () => {
      heard();
      return { fate: "hang" };
    });
    const source = sqsSource({
      client: sqs.client(),
      queueUrl: sqs.queueUrl,
      visibilityTimeoutMs: 30_000,
      requestTimeoutMs: 20_000,
      clock,
    });
    const extension = source.extend([`${clock.nowMs().toString(36)} a` as Receipt], { signal: calm });
    await arrived;
    await clock.advance(5_000);
    expect(await extension).toMatchObject([{ ok: false, error: { code: "SPILLWAY_SQS_TIMEOUT" } }]);
  });

  test("no call is made for no receipts", async () => {
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    expect(await source.ack([], { signal: calm })).toEqual([]);
    expect(await source.extend([], { signal: calm })).toEqual([]);
    expect(sqs.calls).toEqual([]);
  });

  test("an aborted settlement rejects with the signal's reason, and leaves no listener", async () => {
    const controller = new AbortController();
    const reason = new SpillwayError("the engine stops", { code: "SPILLWAY_LEASE_LOST" });
    sqs.on("DeleteMessageBatch", () => {
      controller.abort(reason);
      return { fate: "hang" };
    });
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    await expect(source.ack(["1 a" as Receipt], { signal: controller.signal })).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});

describe("the twelve hours that SQS lends a message for", () => {
  test("a message is extended until they are nearly over, then it is lost without a call", async () => {
    const clock = manualClock();
    gives(fakeMessage("m", "x"));
    sqs.on("ChangeMessageVisibilityBatch", allSucceed);
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl, visibilityTimeoutMs: 600_000, clock });
    const [receipt] = (await receipts(source)) as [Receipt];
    await clock.advance(11 * hourMs);
    expect(codes(await source.extend([receipt], { signal: calm }))).toEqual(["ok"]);
    await clock.advance(50 * 60_000);
    const before = sqs.calls.length;
    const [late, fresh] = await source.extend([receipt, `${clock.nowMs().toString(36)} h` as Receipt], { signal: calm });
    expect(late).toMatchObject({ ok: false, error: { code: lost, message: expect.stringContaining("12 hours") as string } });
    expect(fresh).toEqual({ ok: true });
    expect(sqs.calls[before]?.input.Entries?.map(({ ReceiptHandle }) => ReceiptHandle)).toEqual(["h"]);
  });

  test("a delay is cut to what is left of them", async () => {
    const clock = manualClock();
    gives(fakeMessage("m", "x"));
    sqs.on("ChangeMessageVisibilityBatch", allSucceed);
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl, clock });
    const [receipt] = (await receipts(source)) as [Receipt];
    await source.nack([receipt], { signal: calm, delayMs: source.maxNackDelayMs });
    await clock.advance(11 * hourMs);
    await source.nack([receipt], { signal: calm, delayMs: source.maxNackDelayMs });
    await clock.advance(2 * hourMs);
    await source.nack([receipt], { signal: calm, delayMs: 5_000 });
    const changes = sqs.calls.filter(({ action }) => action === "ChangeMessageVisibilityBatch");
    expect(changes.map(({ input }) => input.Entries?.[0]?.VisibilityTimeout)).toEqual([43_140, 3_540, 0]);
  });
});

describe("options", () => {
  test("a wrong kind of queue is refused before any call", () => {
    const client = sqs.client();
    const code = "SPILLWAY_INVALID_OPTIONS";
    expect(() => sqsSource({ client, queueUrl: "https://sqs.eu-west-1.amazonaws.com/1/orders", fifo: true })).toThrow(
      expect.objectContaining({ code }),
    );
    expect(() => sqsSource({ client, queueUrl: "https://sqs.eu-west-1.amazonaws.com/1/orders.fifo" })).toThrow(
      expect.objectContaining({ code }),
    );
    expect(() => sqsSource({ client, queueUrl: "orders" })).toThrow(expect.objectContaining({ code }));
  });

  test("what SQS would refuse or round is refused with the option's name", () => {
    const base = { client: sqs.client(), queueUrl: sqs.queueUrl };
    expect(() => sqsSource({ ...base, visibilityTimeoutMs: 1_500 })).toThrow(/visibilityTimeoutMs/);
    expect(() => sqsSource({ ...base, visibilityTimeoutMs: 43_200_000 })).toThrow(/visibilityTimeoutMs/);
    expect(() => sqsSource({ ...base, waitMs: 21_000 })).toThrow(/waitMs/);
    expect(() => sqsSource({ ...base, receivers: 0 })).toThrow(/receivers/);
  });

  test("the traits are literal types", () => {
    const client = sqs.client();
    const standard = sqsSource({ client, queueUrl: sqs.queueUrl });
    expectTypeOf(standard).toEqualTypeOf<QueueSource<Payload, SqsStandardTraits>>();
    const fifo = sqsSource({ client, queueUrl: `${sqs.queueUrl}.fifo`, fifo: true });
    expectTypeOf(fifo).toEqualTypeOf<QueueSource<Payload, SqsFifoTraits>>();
    expect([standard.traits.keys, fifo.traits.keys]).toEqual([false, true]);
  });
});

describe("advice", () => {
  const use = { attempts: 5, maxAgeMs: undefined, receivesByRetry: 4, crashedAtReceive: 29 };

  test("is of the queue's settings beside the pipeline's, and the source's own visibility", async () => {
    const RedrivePolicy = '{"deadLetterTargetArn":"arn:dead","maxReceiveCount":3}';
    sqs.on("GetQueueAttributes", () => ({
      json: { Attributes: { VisibilityTimeout: "30", MessageRetentionPeriod: "345600", RedrivePolicy } },
    }));
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl, visibilityTimeoutMs: 45_000 });
    const [retries, killers, visibility] = await source.advise(use, { signal: calm });
    expect(retries).toContain("of 5 attempts only 3 may be made");
    expect(killers).toContain("at its receive number 29");
    expect(visibility).toContain("this source uses 45000 ms");
    expect(sqs.calls.map(({ action }) => action)).toEqual(["GetQueueAttributes"]);
  });

  test("that may not be had rejects, with the permission that is missing", async () => {
    sqs.on("GetQueueAttributes", () => ({ status: 403, name: "AccessDeniedException", message: "no" }));
    const source = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
    await expect(source.advise(use, { signal: calm })).rejects.toMatchObject({
      code: "SPILLWAY_SQS_ACCESS_DENIED",
      message: expect.stringContaining("GetQueueAttributes"),
    });
  });
});
