import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, run, text, type EngineEvent } from "@spillway/core";
import { sqsSink, sqsSource } from "@spillway/sqs";
import { serversFor, tcpProxy } from "@spillway-tools/servers";
import { describe, expect, test } from "vitest";
import { localClient, maxBytes, openQueue, sendAll } from "./queues.ts";

const server = await serversFor("sqs");

/** Counts how often each message ran, and what ran while it was running already. */
function watchMessages() {
  const runs = new Map<string, number>();
  const running = new Set<string>();
  const twiceAtOnce: string[] = [];
  return {
    runs,
    twiceAtOnce,
    async while(name: string, work: () => Promise<void>): Promise<void> {
      if (running.has(name)) twiceAtOnce.push(name);
      running.add(name);
      runs.set(name, (runs.get(name) ?? 0) + 1);
      await work();
      running.delete(name);
    },
  };
}

describe.skipIf(server.skip !== undefined)("SQS visibility", () => {
  test("handlers that take three times the visibility timeout run each message once, on two workers", { timeout: 60_000 }, async () => {
    const queue = await openQueue(server.endpoint, { fifo: false });
    const names = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    await sendAll(
      sqsSink({ ...queue, maxBytes }),
      names.map((name) => ({ value: new TextEncoder().encode(name) })),
    );
    const watch = watchMessages();
    const stop = new AbortController();
    const worker = () =>
      run(
        consume(sqsSource({ ...queue, visibilityTimeoutMs: 1_000, waitMs: 1_000 }), { ordering: "none", maxInFlight: 100 }).pipe(
          decode(text()),
          handle((name) => watch.while(name, () => sleep(3_000)), { concurrency: 20 }),
          retry({ attempts: 3, backoff: constant(50) }),
          deadLetter(sqsSink({ ...queue, maxBytes })),
          checkpoint(),
        ),
        { signal: stop.signal },
      );
    const workers = [worker(), worker()];
    await expect.poll(() => queue.held(), { timeout: 40_000, interval: 250 }).toBe(0);
    stop.abort();
    const reports = await Promise.all(workers);
    expect(watch.twiceAtOnce).toEqual([]);
    expect([...watch.runs].sort()).toEqual(names.map((name) => [name, 1]).sort()); // prettier-ignore
    expect(reports.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(names.length);
    await queue.close();
  });

  test("through cut, frozen and unanswered connections nothing is lost, and a message that ran twice had gone unanswered", {
    timeout: 90_000,
  }, async () => {
    const queue = await openQueue(server.endpoint, { fifo: false });
    const proxy = await tcpProxy({ port: Number(new URL(server.endpoint).port) });
    const client = localClient(`http://${proxy.endpoint}`, { maxAttempts: 1 });
    const names = Array.from({ length: 400 }, (_, index) => `message ${index}`);
    await sendAll(
      sqsSink({ ...queue, maxBytes }),
      names.map((name) => ({ value: new TextEncoder().encode(name) })),
    );
    const watch = watchMessages();
    const events: EngineEvent["type"][] = [];
    const stop = new AbortController();
    const running = run(
      consume(sqsSource({ client, queueUrl: queue.queueUrl, visibilityTimeoutMs: 6_000, waitMs: 1_000, requestTimeoutMs: 700 }), {
        ordering: "none",
        maxInFlight: 60,
      }).pipe(
        decode(text()),
        handle((name) => watch.while(name, () => sleep(100)), { concurrency: 20 }),
        retry({ attempts: 3, backoff: constant(50) }),
        deadLetter(sqsSink({ ...queue, maxBytes })),
        checkpoint(),
      ),
      { signal: stop.signal, onEvent: ({ type }) => events.push(type) },
    );
    for (const kind of ["none", "drop-answers", "none", "half-open", "none", "refuse", "none"] as const) {
      await sleep(400);
      proxy.set({ kind });
      proxy.cut();
    }
    await expect.poll(() => queue.held(), { timeout: 60_000, interval: 250 }).toBe(0);
    stop.abort();
    const report = await running;
    expect([...watch.runs.keys()].sort()).toEqual([...names].sort());
    // A delete that took place without an answer is asked again; SQS may then not know the receipt, and the message counts as aborted.
    expect(report.succeeded + report.aborted).toBeGreaterThanOrEqual(names.length);
    expect(watch.twiceAtOnce).toEqual([]);
    // Which calls a fault meets is not the test's to say: that it met some is.
    expect(events.some((type) => type === "source-failed" || type === "acknowledge-failed")).toBe(true);
    client.destroy();
    await proxy.close();
    await queue.close();
  });
});
