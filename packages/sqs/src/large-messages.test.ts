import { afterEach, beforeEach, expect, test } from "vitest";
import { sqsSource } from "./sqs-source.ts";
import { bytes, calm, codes, text } from "./testing/facts.ts";
import { allSucceed, fakeMessage, startFakeSqs, type FakeSqs } from "./testing/fake-sqs.ts";
import { memoryObjectStore, type MemoryObjectStore } from "./testing/memory-object-store.ts";
import { silenceSdk } from "./testing/silence-sdk.ts";

silenceSdk();
let sqs: FakeSqs;
let store: MemoryObjectStore;
beforeEach(async () => {
  sqs = await startFakeSqs();
  store = memoryObjectStore();
});
afterEach(async () => {
  await sqs.close();
});

function pointerMessage(
  id: string,
  key: string,
  { size = 5, attribute = "ExtendedPayloadSize", kind = "software.amazon.payloadoffloading.PayloadS3Pointer" } = {},
): object {
  return fakeMessage(id, JSON.stringify([kind, { s3BucketName: "payloads", s3Key: key }]), {
    MessageAttributes: { [attribute]: { DataType: "Number", StringValue: String(size) } },
  });
}

function gives(...messages: readonly object[]): void {
  sqs.on("ReceiveMessage", () => ({ json: { Messages: messages } }));
}

function source(): ReturnType<typeof sqsSource> {
  return sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl, largeMessages: { store, maxPayloadBytes: 1_000 } });
}

test("a pointer becomes its payload, in today's and the older format", async () => {
  store.objects.set("payloads/a/1", bytes("hello"));
  gives(
    pointerMessage("m1", "a/1"),
    pointerMessage("m2", "a/1", { attribute: "SQSLargePayloadSize", kind: "com.amazon.sqs.javamessaging.MessageS3Pointer" }),
  );
  const messages = await source().receive({ maxMessages: 10, signal: calm });
  expect(messages.map(({ value, headers }) => [text(value), headers])).toEqual([
    ["hello", []],
    ["hello", []],
  ]);
});

test("a body that looks like a pointer without the marking attribute is a body", async () => {
  const body = '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"k"}]';
  gives(fakeMessage("m1", body));
  const [message] = await source().receive({ maxMessages: 10, signal: calm });
  expect(text(message?.value ?? null)).toBe(body);
  expect(store.log).toEqual([]);
});

test("a missing or too large object leaves its message in the queue, says so, and costs the others nothing", async () => {
  gives(pointerMessage("m1", "gone"), fakeMessage("m2", "fine"), pointerMessage("m3", "huge", { size: 1_001 }));
  const queue = source();
  expect((await queue.receive({ maxMessages: 10, signal: calm })).map(({ id }) => id)).toEqual(["m2"]);
  await expect(queue.receive({ maxMessages: 10, signal: calm })).rejects.toMatchObject({
    code: "SPILLWAY_SQS_OBJECT_TOO_LARGE",
    message: expect.stringContaining("1 more") as string,
  });
  expect(store.log).toEqual(["get payloads/gone"]);
});

test("the message is deleted first and its object after, so that a crash between leaves no message without payload", async () => {
  store.objects.set("payloads/k", bytes("hello"));
  gives(pointerMessage("m1", "k"));
  sqs.on("DeleteMessageBatch", (input) => {
    store.log.push("delete message");
    return allSucceed(input);
  });
  const queue = source();
  const [message] = await queue.receive({ maxMessages: 10, signal: calm });
  expect(codes(await queue.ack(message === undefined ? [] : [message.receipt], { signal: calm }))).toEqual(["ok"]);
  expect(store.log).toEqual(["get payloads/k", "delete message", "delete payloads/k"]);
});

test("the object stays when its message could not be deleted, or is given back", async () => {
  store.objects.set("payloads/k", bytes("hello"));
  gives(pointerMessage("m1", "k"));
  sqs.on("DeleteMessageBatch", () => ({ json: { Failed: [{ Id: "0", Code: "ReceiptHandleIsInvalid", SenderFault: true }] } }));
  sqs.on("ChangeMessageVisibilityBatch", allSucceed);
  const queue = source();
  const receipts = (await queue.receive({ maxMessages: 10, signal: calm })).map(({ receipt }) => receipt);
  expect(codes(await queue.ack(receipts, { signal: calm }))).toEqual(["SPILLWAY_RECEIPT_LOST"]);
  expect(codes(await queue.nack(receipts, { signal: calm, delayMs: 0 }))).toEqual(["ok"]);
  expect(store.objects.size).toBe(1);
});

test("an object that stays behind is told of by the next receive; its message is done all the same", async () => {
  store.objects.set("payloads/k", bytes("hello"));
  store.failing = /^delete/;
  gives(pointerMessage("m1", "k"));
  sqs.on("DeleteMessageBatch", allSucceed);
  const queue = source();
  const receipts = (await queue.receive({ maxMessages: 10, signal: calm })).map(({ receipt }) => receipt);
  expect(codes(await queue.ack(receipts, { signal: calm }))).toEqual(["ok"]);
  await expect(queue.receive({ maxMessages: 10, signal: calm })).rejects.toMatchObject({ code: "SPILLWAY_SQS_OBJECT_LEFT" });
});

test("without a store a pointer is passed on as it is", async () => {
  gives(pointerMessage("m1", "k"));
  const plain = sqsSource({ client: sqs.client(), queueUrl: sqs.queueUrl });
  const [message] = await plain.receive({ maxMessages: 10, signal: calm });
  expect(text(message?.value ?? null)).toContain("PayloadS3Pointer");
});
