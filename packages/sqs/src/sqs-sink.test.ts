import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OutgoingMessage, Payload } from "@spillway/spec";
import { sqsSink } from "./sqs-sink.ts";
import { bytes, calm, codes } from "./testing/facts.ts";
import { allSucceed, startFakeSqs, type FakeEntry, type FakeSqs } from "./testing/fake-sqs.ts";
import { memoryObjectStore } from "./testing/memory-object-store.ts";
import { silenceSdk } from "./testing/silence-sdk.ts";

silenceSdk();
let sqs: FakeSqs;
let fifo: FakeSqs;
beforeEach(async () => {
  [sqs, fifo] = await Promise.all([startFakeSqs(), startFakeSqs("orders.fifo")]);
  sqs.on("SendMessageBatch", allSucceed);
  fifo.on("SendMessageBatch", allSucceed);
});
afterEach(async () => {
  await Promise.all([sqs.close(), fifo.close()]);
});

const notAttempted = "SPILLWAY_NOT_ATTEMPTED";

function messages(...values: readonly string[]): OutgoingMessage<Payload>[] {
  return values.map((value) => ({ value: bytes(value) }));
}

function sent(fake: FakeSqs): readonly (readonly FakeEntry[])[] {
  return fake.calls.map(({ input }) => input.Entries ?? []);
}

function bodies(fake: FakeSqs): readonly (readonly (string | undefined)[])[] {
  return sent(fake).map((entries) => entries.map(({ MessageBody }) => MessageBody));
}

/** Refuses the entries whose body this names. */
function refusing(
  body: string,
  refusal: { readonly Code: string; readonly SenderFault: boolean; readonly Message?: string },
): Parameters<FakeSqs["on"]>[1] {
  return (input) => {
    const { Entries = [] } = input;
    const failed = Entries.filter(({ MessageBody }) => MessageBody === body).map(({ Id }) => ({ Id, Message: "", ...refusal }));
    const answer = allSucceed({ ...input, Entries: Entries.filter(({ MessageBody }) => MessageBody !== body) });
    return { json: { ...("json" in answer ? answer.json : {}), Failed: failed } };
  };
}

describe("results", () => {
  test("each message has its own: a sender's fault is permanent, any other passes", async () => {
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl });
    sqs.on("SendMessageBatch", refusing("b", { Code: "InvalidMessageContents", SenderFault: true }));
    const [a, b, c] = await sink.write(messages("a", "b", "c"), { signal: calm });
    expect([a?.ok, c?.ok]).toEqual([true, true]);
    expect(b).toMatchObject({ ok: false, error: { code: "SPILLWAY_SQS_REFUSED", failureClass: "permanent" } });
    sqs.on("SendMessageBatch", refusing("b", { Code: "InternalError", SenderFault: false }));
    const again = await sink.write(messages("a", "b"), { signal: calm });
    expect(again[1]).toMatchObject({ ok: false, error: { code: "SPILLWAY_SQS_UNAVAILABLE", failureClass: "transient" } });
  });

  test("a lost answer fails its own call's messages only, as unknown", async () => {
    sqs.on("SendMessageBatch", (input) =>
      input.Entries?.some(({ MessageBody }) => MessageBody === "11") === true ? { fate: "reset" } : allSucceed(input),
    );
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const values = Array.from({ length: 25 }, (_, index) => String(index));
    const results = await sink.write(messages(...values), { signal: calm });
    expect(codes(results).map((code) => code === "ok")).toEqual(values.map((value) => Number(value) < 10 || Number(value) >= 20));
    expect(results[11]).toMatchObject({ error: { failureClass: "transient" } });
  });

  test("a wrong checksum of one stored message fails that one", async () => {
    sqs.on("SendMessageBatch", (input) => {
      const answer = allSucceed(input) as { json: { Successful: { Id: string; MD5OfMessageBody: string }[] } };
      for (const entry of answer.json.Successful) if (entry.Id === "1") entry.MD5OfMessageBody = "0".repeat(32);
      return answer;
    });
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl });
    expect(codes(await sink.write(messages("a", "b", "c"), { signal: calm }))).toEqual(["ok", "SPILLWAY_SQS_CHECKSUM", "ok"]);
  });

  test("an aborted write rejects with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    sqs.on("SendMessageBatch", () => {
      controller.abort(reason);
      return { fate: "hang" };
    });
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl });
    await expect(sink.write(messages("a"), { signal: controller.signal })).rejects.toBe(reason);
  });

  test("access denied is fatal and says what to do", async () => {
    sqs.on("SendMessageBatch", () => ({ status: 403, name: "AccessDeniedException", message: "not allowed" }));
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const [result] = await sink.write(messages("a"), { signal: calm });
    expect(result).toMatchObject({
      error: { code: "SPILLWAY_SQS_ACCESS_DENIED", failureClass: "fatal", message: expect.stringContaining("Allow") as string },
    });
  });
});

describe("size", () => {
  test("messages are packed by their real size, attributes included", async () => {
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl, maxBytes: 2_000 });
    const headers = [["name", "v".repeat(590)]] as const;
    const results = await sink.write(
      Array.from({ length: 4 }, () => ({ value: bytes("x".repeat(400)), headers })),
      { signal: calm },
    );
    // 400 of the body, 4 + 6 + 590 of the attribute's name, type and value: two make 2,000.
    expect(codes(results)).toEqual(["ok", "ok", "ok", "ok"]);
    expect(sent(sqs).map((entries) => entries.length)).toEqual([2, 2]);
  });

  test("a message over the limit is refused before any call, and costs the others nothing", async () => {
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl, maxBytes: 1_024 });
    const results = await sink.write(messages("a", "x".repeat(1_025), "ü".repeat(513), "b"), { signal: calm });
    expect(codes(results)).toEqual(["ok", "SPILLWAY_OVERSIZE", "SPILLWAY_OVERSIZE", "ok"]);
    expect(bodies(sqs)).toEqual([["a", "b"]]);
  });

  test("a queue with a lower limit than maxBytes gets what does not fit together one by one, and refuses what never fits", async () => {
    sqs.on("SendMessageBatch", (input) => {
      const bytesInCall = input.Entries?.reduce((sum, { MessageBody = "" }) => sum + MessageBody.length, 0) ?? 0;
      return bytesInCall > 100 ? { status: 400, name: "BatchRequestTooLong" } : allSucceed(input);
    });
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl });
    const results = await sink.write(messages("x".repeat(80), "y".repeat(80), "z".repeat(101)), { signal: calm });
    expect(codes(results)).toEqual(["ok", "ok", "SPILLWAY_OVERSIZE"]);
  });

  test("an entry that the queue finds too long is oversize, so that a dead letter can shrink", async () => {
    const Message = "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes.";
    sqs.on("SendMessageBatch", refusing("big", { Code: "InvalidParameterValue", SenderFault: true, Message }));
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl });
    expect(codes(await sink.write(messages("big"), { signal: calm }))).toEqual(["SPILLWAY_OVERSIZE"]);
  });
});

describe("a FIFO queue", () => {
  const of = (key: string | undefined, value: string, id?: string): OutgoingMessage<Payload> => ({
    key,
    value: bytes(value),
    ...(id === undefined ? {} : { id }),
  });

  test("a call never holds two messages of a group, and a group's next goes out when the one before is stored", async () => {
    const sink = sqsSink({ client: fifo.client(), queueUrl: fifo.queueUrl, fifo: true });
    expect(sink.traits.order).toBe("key");
    const results = await sink.write([of("a", "a1"), of("a", "a2"), of("b", "b1"), of("a", "a3"), of("b", "b2")], { signal: calm });
    expect(codes(results)).toEqual(["ok", "ok", "ok", "ok", "ok"]);
    expect(bodies(fifo)).toEqual([["a1", "b1"], ["a2", "b2"], ["a3"]]);
  });

  test("nothing of a group is sent after one of it that failed; other groups go on", async () => {
    fifo.on("SendMessageBatch", refusing("a2", { Code: "InternalError", SenderFault: false }));
    const sink = sqsSink({ client: fifo.client(), queueUrl: fifo.queueUrl, fifo: true });
    const results = await sink.write([of("a", "a1"), of("a", "a2"), of("a", "a3"), of("b", "b1"), of("b", "b2"), of("b", "b3")], {
      signal: calm,
    });
    expect(codes(results)).toEqual(["ok", "SPILLWAY_SQS_UNAVAILABLE", notAttempted, "ok", "ok", "ok"]);
    expect(bodies(fifo).flat()).not.toContain("a3");
  });

  test("what is too large holds its group from there on", async () => {
    const sink = sqsSink({ client: fifo.client(), queueUrl: fifo.queueUrl, fifo: true, maxBytes: 1_024 });
    const results = await sink.write([of("a", "a1"), of("a", "x".repeat(2_000)), of("a", "a3")], { signal: calm });
    expect(codes(results)).toEqual(["ok", "SPILLWAY_OVERSIZE", notAttempted]);
    expect(bodies(fifo)).toEqual([["a1"]]);
  });

  test("the group is the key, and the deduplication id is the message's own", async () => {
    const sink = sqsSink({ client: fifo.client(), queueUrl: fifo.queueUrl, fifo: true });
    await sink.write([of("customer-1", "v", "order-7"), of("key with spaces", "w", "id\n8")], { signal: calm });
    const [first, second] = sent(fifo)[0] ?? [];
    expect(first).toMatchObject({ MessageGroupId: "customer-1", MessageDeduplicationId: "order-7" });
    expect(first?.MessageAttributes).toBeUndefined();
    expect(second?.MessageGroupId).toMatch(/^[\w-]{43}$/);
    expect(second?.MessageDeduplicationId).toMatch(/^[\w-]{43}$/);
    expect(second?.MessageAttributes?.["spillway-meta"]?.StringValue).toBe('{"v":1,"key":"key with spaces"}');
  });

  test("messages without a key hold up nobody: each has a group of its own", async () => {
    const sink = sqsSink({ client: fifo.client(), queueUrl: fifo.queueUrl, fifo: true });
    await sink.write(messages("a", "b", "c"), { signal: calm });
    const [entries = []] = sent(fifo);
    expect(new Set(entries.map(({ MessageGroupId }) => MessageGroupId)).size).toBe(3);
    expect(new Set(entries.map(({ MessageDeduplicationId }) => MessageDeduplicationId)).size).toBe(3);
  });

  test("a dead letter of a message that was redriven is not taken for the one before, and another attempt to write it is", async () => {
    const sink = sqsSink({ client: fifo.client(), queueUrl: fifo.queueUrl, fifo: true });
    const deadLetter = (redriveCount: number, stack: string): OutgoingMessage<Payload> => ({
      ...of("k", "v", "id-1"),
      headers: [["spillway-dead-letter", JSON.stringify({ v: 1, redriveCount, stack })]],
    });
    await sink.write([deadLetter(0, "a"), deadLetter(0, ""), deadLetter(1, "a")], { signal: calm });
    const ids = sent(fifo).map(([entry]) => entry?.MessageDeduplicationId);
    expect(ids).toEqual(["id-1/redrive-0", "id-1/redrive-0", "id-1/redrive-1"]);
  });

  test("groupId and deduplicationId may be chosen", async () => {
    const sink = sqsSink({
      client: fifo.client(),
      queueUrl: fifo.queueUrl,
      fifo: true,
      groupId: ({ key }) => `region-${String(key).slice(0, 2)}`,
      deduplicationId: ({ id }) => `v2-${id}`,
    });
    await sink.write([of("eu-1", "a", "1"), of("eu-2", "b", "2")], { signal: calm });
    expect(sent(fifo).map(([entry]) => [entry?.MessageGroupId, entry?.MessageDeduplicationId])).toEqual([
      ["region-eu", "v2-1"],
      ["region-eu", "v2-2"],
    ]);
  });
});

describe("delay", () => {
  test("a message's delay is rounded up to seconds; one beyond SQS's limit fails that message", async () => {
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl, delayMs: ({ key }) => Number(key) });
    const results = await sink.write(
      ["0", "1", "900000", "900001", "-1"].map((key) => ({ key, value: bytes(key) })),
      { signal: calm },
    );
    expect(codes(results)).toEqual(["ok", "ok", "ok", "SPILLWAY_SQS_DELAY", "SPILLWAY_SQS_DELAY"]);
    expect(sent(sqs)[0]?.map(({ DelaySeconds }) => DelaySeconds)).toEqual([0, 1, 900]);
  });

  test("options that a kind of queue does not have are refused", () => {
    expect(() => sqsSink({ client: fifo.client(), queueUrl: fifo.queueUrl, fifo: true, delayMs: () => 1 })).toThrow(/delayMs/);
    expect(() => sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl, deduplicationId: () => "x" })).toThrow(/deduplicationId/);
  });
});

describe("large messages", () => {
  const largeMessages = () => ({ store: memoryObjectStore(), bucket: "payloads", keyPrefix: "orders/" });

  test("the object is stored before the message that points to it, in AWS's format", async () => {
    const large = largeMessages();
    sqs.on("SendMessageBatch", (input) => {
      large.store.log.push("send");
      return allSucceed(input);
    });
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl, maxBytes: 1_024, largeMessages: large });
    expect(codes(await sink.write(messages("small", "x".repeat(5_000)), { signal: calm }))).toEqual(["ok", "ok"]);
    const [name = ""] = large.store.objects.keys();
    expect(large.store.log).toEqual([`put ${name}`, "send"]);
    expect(large.store.objects.get(name)).toHaveLength(5_000);
    const entry = sent(sqs)[0]?.[1];
    expect(JSON.parse(entry?.MessageBody ?? "")).toEqual([
      "software.amazon.payloadoffloading.PayloadS3Pointer",
      { s3BucketName: "payloads", s3Key: name.replace("payloads/", "") },
    ]);
    expect(entry?.MessageAttributes).toEqual({ ExtendedPayloadSize: { DataType: "Number", StringValue: "5000" } });
  });

  test("a message whose object cannot be stored is not sent; the others are", async () => {
    const large = largeMessages();
    large.store.failing = /^put/;
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl, maxBytes: 1_024, largeMessages: large });
    expect(codes(await sink.write(messages("x".repeat(5_000), "small"), { signal: calm }))).toEqual([
      "SPILLWAY_SQS_OBJECT_NOT_STORED",
      "ok",
    ]);
    expect(bodies(sqs)).toEqual([["small"]]);
  });

  test("the object of a refused message is removed; that of one whose fate is unknown stays", async () => {
    const large = largeMessages();
    const sink = sqsSink({ client: sqs.client(), queueUrl: sqs.queueUrl, maxBytes: 1_024, largeMessages: large });
    sqs.on("SendMessageBatch", ({ Entries = [] }) => ({
      json: { Failed: Entries.map(({ Id }) => ({ Id, Code: "InternalError", SenderFault: false })) },
    }));
    await sink.write(messages("x".repeat(5_000)), { signal: calm });
    expect(large.store.objects.size).toBe(0);
    sqs.on("SendMessageBatch", () => ({ fate: "reset" }));
    await sink.write(messages("x".repeat(5_000)), { signal: calm });
    expect(large.store.objects.size).toBe(1);
  });
});
