import { expect, test } from "vitest";
import type { Payload, QueueSource, Sink } from "@spillway/spec";
import { tcpProxy, type TcpProxy } from "@spillway-tools/servers";
import { sqsSink } from "./sqs-sink.ts";
import { sqsSource } from "./sqs-source.ts";
import { bytes, calm, codes, text } from "./testing/facts.ts";
import { drainQueue, queueServer, sendAll, type TestQueue } from "./testing/queue-server.ts";

const server = await queueServer();
const timeout = 60_000;

interface FaultyQueue {
  /** The queue, reached directly. */
  readonly direct: TestQueue;
  readonly proxy: TcpProxy;
  /** Through the proxy. */
  readonly source: QueueSource<Payload>;
  readonly sink: Sink<Payload>;
}

async function throughProxy(work: (queue: FaultyQueue) => Promise<void>): Promise<void> {
  const direct = await server.openQueue({ fifo: false });
  const proxy = await tcpProxy({ port: Number(new URL(server.endpoint).port) });
  const client = server.client({ endpoint: `http://${proxy.endpoint}`, maxAttempts: 1 });
  const options = { client, queueUrl: direct.queueUrl, requestTimeoutMs: 1_000 };
  try {
    const source = sqsSource({ ...options, visibilityTimeoutMs: 2_000, waitMs: 1_000 });
    await work({ direct, proxy, source, sink: sqsSink({ ...options, maxBytes: direct.maxBytes }) });
  } finally {
    client.destroy();
    await proxy.close();
    await direct.close();
  }
}

const timedOut = { code: "SPILLWAY_SQS_TIMEOUT", failureClass: "transient" };

test("a half-open connection ends a receive after its time, and the next one goes through", { timeout }, () =>
  throughProxy(async ({ proxy, source, sink }) => {
    await sendAll(sink, [{ value: bytes("x") }]);
    proxy.set({ kind: "half-open" });
    await expect(source.receive({ maxMessages: 1, signal: calm })).rejects.toMatchObject(timedOut);
    proxy.set({ kind: "none" });
    proxy.cut();
    expect((await source.receive({ maxMessages: 1, signal: calm })).map(({ value }) => text(value))).toEqual(["x"]);
  }),
);

test("a message whose delete was done but not answered is unknown, and asking again is good", { timeout }, () =>
  throughProxy(async ({ direct, proxy, source, sink }) => {
    await sendAll(sink, [{ value: bytes("x") }]);
    const receipts = (await source.receive({ maxMessages: 1, signal: calm })).map(({ receipt }) => receipt);
    proxy.set({ kind: "drop-answers" });
    const [lost] = await source.ack(receipts, { signal: calm });
    expect(lost).toMatchObject({ ok: false, error: timedOut });
    proxy.set({ kind: "none" });
    proxy.cut();
    // Done already: SQS says so either by another success or by knowing the receipt no more.
    expect(["ok", "SPILLWAY_RECEIPT_LOST"]).toContain(codes(await source.ack(receipts, { signal: calm }))[0]);
    expect(await drainQueue(sqsSource({ client: direct.client, queueUrl: direct.queueUrl, waitMs: 3_000 }))).toEqual([]);
  }),
);

test("an extension that was done but not answered keeps the message from others, and asking again is good", { timeout }, () =>
  throughProxy(async ({ direct, proxy, source, sink }) => {
    await sendAll(sink, [{ value: bytes("x") }]);
    const receipts = (await source.receive({ maxMessages: 1, signal: calm })).map(({ receipt }) => receipt);
    const other = sqsSource({ client: direct.client, queueUrl: direct.queueUrl, visibilityTimeoutMs: 2_000, waitMs: 1_000 });
    for (let beat = 0; beat < 3; beat += 1) {
      proxy.set({ kind: "drop-answers" });
      expect((await source.extend(receipts, { signal: calm }))[0]).toMatchObject({ ok: false, error: timedOut });
      proxy.set({ kind: "none" });
      proxy.cut();
      expect(codes(await source.extend(receipts, { signal: calm }))).toEqual(["ok"]);
      expect(await other.receive({ maxMessages: 1, signal: calm })).toEqual([]);
    }
    expect(codes(await source.ack(receipts, { signal: calm }))).toEqual(["ok"]);
    expect(await drainQueue(other)).toEqual([]);
  }),
);

test("a message given back without an answer comes back at once, and giving it back again takes it from nobody", { timeout }, () =>
  throughProxy(async ({ direct, proxy, source, sink }) => {
    await sendAll(sink, [{ value: bytes("x") }]);
    const old = (await source.receive({ maxMessages: 1, signal: calm })).map(({ receipt }) => receipt);
    expect(codes(await source.extend(old, { signal: calm }))).toEqual(["ok"]);
    proxy.set({ kind: "drop-answers" });
    expect((await source.nack(old, { delayMs: 0, signal: calm }))[0]).toMatchObject({ ok: false, error: timedOut });
    proxy.set({ kind: "none" });
    proxy.cut();
    const other = sqsSource({ client: direct.client, queueUrl: direct.queueUrl, visibilityTimeoutMs: 30_000, waitMs: 1_000 });
    const again = await other.receive({ maxMessages: 1, signal: calm });
    expect(again.map(({ value, receiveCount }) => [text(value), receiveCount])).toEqual([["x", 2]]);
    const asked = codes(await source.nack(old, { delayMs: 0, signal: calm }));
    // fauxqs takes any receipt for good, and so gives the message to a third.
    if (server.name === "ElasticMQ") {
      expect(asked).toEqual(["SPILLWAY_RECEIPT_LOST"]);
      expect(await source.receive({ maxMessages: 1, signal: calm })).toEqual([]);
    }
    const receipts = again.map(({ receipt }) => receipt);
    expect(codes(await other.ack(receipts, { signal: calm }))).toEqual(["ok"]);
    expect(await drainQueue(other)).toEqual([]);
  }),
);

test("messages given to a receive whose answer was lost come back when their visibility ends", { timeout }, () =>
  throughProxy(async ({ proxy, source, sink }) => {
    await sendAll(sink, [{ value: bytes("x") }]);
    proxy.set({ kind: "drop-answers" });
    await expect(source.receive({ maxMessages: 1, signal: calm })).rejects.toMatchObject(timedOut);
    proxy.set({ kind: "none" });
    proxy.cut();
    await expect
      .poll(async () => (await source.receive({ maxMessages: 1, signal: calm })).map(({ receiveCount }) => receiveCount), {
        timeout: 20_000,
      })
      .toEqual([2]);
  }),
);

test(
  "with connections cut again and again nothing is lost, and every duplicate is of a write or a delete that went unanswered",
  { timeout },
  () =>
    throughProxy(async ({ direct, proxy, source, sink }) => {
      const values = Array.from({ length: 120 }, (_, index) => `message ${index}`);
      let resent = 0;
      for (const [round, start] of [0, 30, 60, 90].entries()) {
        let left = values.slice(start, start + 30);
        while (left.length > 0) {
          const writing = sink.write(
            left.map((value) => ({ value: bytes(value) })),
            { signal: calm },
          );
          if (round % 2 === 1 && left.length === 30) proxy.cut();
          const results = await writing;
          left = left.filter((_, index) => results[index]?.ok === false);
          resent += left.length;
        }
      }
      const seen = new Map<string | null, number>();
      let unanswered = 0;
      let empty = 0;
      for (let round = 0; empty < 4; round += 1) {
        const receiving = source.receive({ maxMessages: 10, signal: calm }).catch(() => undefined);
        if (round % 5 === 2) proxy.cut();
        const messages = await receiving;
        if (messages === undefined) continue;
        empty = messages.length === 0 ? empty + 1 : 0;
        const acking = source.ack(
          messages.map(({ receipt }) => receipt),
          { signal: calm },
        );
        if (round % 7 === 3) proxy.cut();
        unanswered += (await acking).filter(({ ok }) => !ok).length;
        for (const { value } of messages) seen.set(text(value), (seen.get(text(value)) ?? 0) + 1);
      }
      expect([...seen.keys()].sort()).toEqual(values.toSorted());
      const duplicates = [...seen.values()].reduce((sum, count) => sum + count - 1, 0);
      expect(duplicates).toBeLessThanOrEqual(resent + unanswered);
      expect(await drainQueue(sqsSource({ client: direct.client, queueUrl: direct.queueUrl, waitMs: 3_000 }))).toEqual([]);
    }),
);
