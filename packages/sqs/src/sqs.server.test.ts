import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import type { Header, OutgoingMessage, Payload } from "@spillway/spec";
import { describeQueue } from "./describe-queue.ts";
import { sqsSink } from "./sqs-sink.ts";
import { sqsSource } from "./sqs-source.ts";
import { bytes, calm, codes, text } from "./testing/facts.ts";
import { memoryObjectStore } from "./testing/memory-object-store.ts";
import { drainQueue, queueServer, sendAll, type QueueServer, type TestQueue } from "./testing/queue-server.ts";

const server = await queueServer();
const timeout = 30_000;
const isElasticMq = server.name === "ElasticMQ";

async function withQueue(options: Parameters<QueueServer["openQueue"]>[0], work: (queue: TestQueue) => Promise<void>): Promise<void> {
  const queue = await server.openQueue(options);
  try {
    await work(queue);
  } finally {
    await queue.close();
  }
}

test("a dead letter's headers, key and bytes come back as they were, also beyond ten attributes", { timeout }, () =>
  withQueue({ fifo: false }, async (queue) => {
    const many = Array.from(
      { length: 14 },
      (_, index): Header => [`h${index}`, index % 2 === 0 ? `text ${index}` : Uint8Array.of(index, 0)],
    );
    const message = {
      key: Uint8Array.of(0xff, 0),
      value: Uint8Array.of(0, 1, 2),
      headers: [["spillway-dead-letter", '{"v":1}'], ...many] as const,
    };
    await sendAll(sqsSink(queue), [message, { value: null, headers: [] }]);
    const stored = await drainQueue(sqsSource({ ...queue, waitMs: 1_000 }));
    expect(stored).toHaveLength(2);
    expect(stored).toContainEqual(message);
    expect(stored).toContainEqual({ key: undefined, value: null, headers: [] });
  }),
);

// fauxqs loses the system attribute.
test.runIf(isElasticMq)("the trace header travels beside the attributes", { timeout }, () =>
  withQueue({ fifo: false }, async (queue) => {
    const headers: Header[] = [["AWSTraceHeader", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"]];
    await sendAll(sqsSink(queue), [{ value: bytes("x"), headers }]);
    const [message] = await sqsSource({ ...queue, waitMs: 1_000 }).receive({ maxMessages: 1, signal: calm });
    expect(message?.headers).toEqual(headers);
  }),
);

test("what another sender sent is read, and what we send another reader can read", { timeout }, () =>
  withQueue({ fifo: false }, async (queue) => {
    const MessageAttributes = { kind: { DataType: "String", StringValue: "order" }, total: { DataType: "Number", StringValue: "7" } };
    await queue.client.send(new SendMessageCommand({ QueueUrl: queue.queueUrl, MessageBody: '{"id":1}', MessageAttributes }));
    const source = sqsSource({ ...queue, waitMs: 1_000 });
    const [message] = await source.receive({ maxMessages: 1, signal: calm });
    expect([text(message?.value ?? null), message?.headers]).toEqual([
      '{"id":1}',
      [
        ["kind", "order"],
        ["total", "7"],
      ],
    ]); // prettier-ignore
    await source.ack(message === undefined ? [] : [message.receipt], { signal: calm });
    await sendAll(sqsSink(queue), [{ value: bytes('{"id":2}'), headers: [["kind", "order"]] }]);
    const plain = await queue.client.send(
      new ReceiveMessageCommand({ QueueUrl: queue.queueUrl, WaitTimeSeconds: 1, MessageAttributeNames: ["All"] }),
    );
    expect(plain.Messages?.[0]).toMatchObject({ Body: '{"id":2}', MessageAttributes: { kind: { StringValue: "order" } } });
  }),
);

test("calls are filled up to the server's limit, and it takes them", { timeout }, () =>
  withQueue({ fifo: false }, async (queue) => {
    const sink = sqsSink(queue);
    const sizes = [queue.maxBytes, queue.maxBytes + 1, ...Array.from({ length: 12 }, () => Math.floor(queue.maxBytes / 3))];
    const results = await sink.write(
      sizes.map((size) => ({ value: new Uint8Array(size).fill(97) })),
      { signal: calm },
    );
    expect(codes(results)).toEqual(sizes.map((size) => (size > queue.maxBytes ? "SPILLWAY_OVERSIZE" : "ok")));
    expect(await drainQueue(sqsSource({ ...queue, waitMs: 0 }))).toHaveLength(13);
  }),
);

test("a group that is given back, all at once and with different delays, comes again in order", { timeout }, () =>
  withQueue({ fifo: true }, async (queue) => {
    const messages = Array.from({ length: 12 }, (_, index): OutgoingMessage<Payload> => ({ key: "g", value: bytes(String(index)) }));
    await sendAll(sqsSink(queue), messages);
    const source = sqsSource({ ...queue, waitMs: 1_000 });
    for (let round = 0; round < 3; round += 1) {
      const receipts = (await source.receive({ maxMessages: 10, signal: calm })).map(({ receipt }) => receipt);
      const [first, ...later] = receipts;
      const answers = await Promise.all([
        source.nack(first === undefined ? [] : [first], { signal: calm, delayMs: 1_000 }),
        source.nack(later, { signal: calm, delayMs: 0 }),
      ]);
      expect(codes(answers.flat())).toEqual(receipts.map(() => "ok"));
    }
    expect((await drainQueue(sqsSource({ ...queue, waitMs: 2_000 }))).map(({ value }) => text(value))).toEqual(
      messages.map((_, index) => String(index)),
    );
  }),
);

test("a message sent again under its id is stored once", { timeout }, () =>
  withQueue({ fifo: true }, async (queue) => {
    const message = { key: "g", value: bytes("once"), id: "id-1" };
    await sendAll(sqsSink(queue), [message]);
    await sendAll(sqsSink(queue), [message, { ...message, id: "id-2" }]);
    expect(await drainQueue(sqsSource({ ...queue, waitMs: 1_000 }))).toHaveLength(2);
  }),
);

test("a delayed message is not there before", { timeout }, () =>
  withQueue({ fifo: false }, async (queue) => {
    const sink = sqsSink({ ...queue, delayMs: ({ value }) => (text(value) === "late" ? 2_000 : 0) });
    await sendAll(sink, [{ value: bytes("late") }, { value: bytes("now") }]);
    expect((await drainQueue(sqsSource({ ...queue, waitMs: 0 }))).map(({ value }) => text(value))).toEqual(["now"]);
    expect((await drainQueue(sqsSource({ ...queue, waitMs: 5_000 }))).map(({ value }) => text(value))).toEqual(["late"]);
  }),
);

test("a large payload goes through the store and back, and is gone with its message", { timeout }, () =>
  withQueue({ fifo: false }, async (queue) => {
    const store = memoryObjectStore();
    const value = new Uint8Array(2_000_000).map((_, index) => index % 251);
    await sendAll(sqsSink({ ...queue, largeMessages: { store, bucket: "payloads" } }), [{ key: "k", value, headers: [["a", "b"]] }]);
    expect(store.objects.size).toBe(1);
    const stored = await drainQueue(sqsSource({ ...queue, waitMs: 1_000, largeMessages: { store } }));
    expect(stored.map(({ key, headers }) => [key, headers])).toEqual([["k", [["a", "b"]]]]);
    expect(Buffer.compare(stored[0]?.value ?? bytes(""), value)).toBe(0);
    expect(store.objects.size).toBe(0);
  }),
);

test("a queue's own redrive policy is seen and explained, and what it moves can be read on", { timeout }, () =>
  withQueue({ fifo: false }, async (dead) => {
    const { Attributes } = await dead.client.send(new GetQueueAttributesCommand({ QueueUrl: dead.queueUrl, AttributeNames: ["QueueArn"] }));
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 1 });
    await withQueue({ fifo: false, attributes: { RedrivePolicy } }, async (queue) => {
      const description = await describeQueue({ ...queue, signal: calm });
      expect(description.redrive).toEqual({ deadLetterArn: Attributes?.QueueArn, maxReceiveCount: 1 });
      const use = { attempts: 5, maxAgeMs: undefined, receivesByRetry: 4, crashedAtReceive: 29 };
      expect((await sqsSource(queue).advise(use, { signal: calm })).join()).toContain("of 5 attempts only 1 may be made");
      await sendAll(sqsSink(queue), [{ key: "k", value: Uint8Array.of(0), headers: [["a", "b"]] }]);
      const source = sqsSource({ ...queue, waitMs: 1_000 });
      const receipts = (await source.receive({ maxMessages: 1, signal: calm })).map(({ receipt }) => receipt);
      await source.nack(receipts, { signal: calm, delayMs: 0 });
      expect(await source.receive({ maxMessages: 1, signal: calm })).toEqual([]);
      expect(await drainQueue(sqsSource({ ...dead, waitMs: 1_000 }))).toEqual([
        { key: "k", value: Uint8Array.of(0), headers: [["a", "b"]] },
      ]);
    });
  }),
);

test("a missing queue is fatal, whatever is asked of it", { timeout }, async () => {
  const options = { client: server.client(), queueUrl: `${server.endpoint}/000000000000/no-such-queue`, waitMs: 0 };
  const missing = { code: "SPILLWAY_SQS_QUEUE_MISSING", failureClass: "fatal" };
  await expect(sqsSource(options).receive({ maxMessages: 1, signal: calm })).rejects.toMatchObject(missing);
  const [result] = await sqsSink(options).write([{ value: bytes("x") }], { signal: calm });
  expect(result).toMatchObject({ ok: false, error: missing });
  await expect(describeQueue({ ...options, signal: calm })).rejects.toMatchObject(missing);
});
