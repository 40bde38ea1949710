import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, run, text, type EngineEvent } from "@spillway/core";
import { sqsSink, sqsSource } from "@spillway/sqs";
import { serversFor, tcpProxy } from "@spillway-tools/servers";
import { describe, expect, test } from "vitest";
import { unexplained, watchCalls } from "./call-watch.ts";
import { watchKeeping } from "./keep-watch.ts";
import { watchMessages } from "./message-watch.ts";
import { localClient, maxBytes, openQueue, sendAll } from "./queues.ts";

const server = await serversFor("sqs");
const count = 40;

/** Runs messages for longer than their visibility on two workers; resolves to how many were kept in time, each of which was run once. */
async function keepForLong(endpoint: string): Promise<number> {
  const queue = await openQueue(endpoint, { fifo: false });
  const names = Array.from({ length: count }, (_, index) => `message ${index}`);
  await sendAll(
    sqsSink({ ...queue, maxBytes }),
    names.map((name) => ({ value: new TextEncoder().encode(name) })),
  );
  const watch = watchMessages();
  const keeping = watchKeeping();
  const stop = new AbortController();
  const worker = () =>
    run(
      consume(keeping.watch(sqsSource({ ...queue, visibilityTimeoutMs: 1_000, waitMs: 1_000 })), {
        ordering: "none",
        maxInFlight: 100,
      }).pipe(
        decode(text()),
        handle((name) => watch.during(name, () => sleep(2_200)), { concurrency: 20 }),
        retry({ attempts: 3, backoff: constant(50) }),
        deadLetter(sqsSink({ ...queue, maxBytes })),
        checkpoint(),
      ),
      { signal: stop.signal },
    );
  const workers = [worker(), worker()];
  await expect.poll(() => queue.held(), { timeout: 60_000, interval: 250 }).toBe(0);
  stop.abort();
  const reports = await Promise.all(workers);
  await queue.close();
  const { slipped } = keeping;
  expect([...watch.runs.keys()].sort()).toEqual(names.toSorted());
  expect(watch.twiceAtOnce.filter((name) => !slipped.has(name))).toEqual([]);
  expect([...watch.runs].filter(([name, runs]) => runs > 1 && !slipped.has(name))).toEqual([]);
  expect(reports.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBeGreaterThanOrEqual(count - slipped.size);
  return count - slipped.size;
}

describe.skipIf(server.skip !== undefined)("SQS visibility", () => {
  test("handlers that take longer than twice the visibility timeout of a second run each message once, on two workers", {
    timeout: 120_000,
  }, async () => {
    // On a machine that stands still for longer than the rest of a second, SQS rightly gives messages out again: such a round is told by its calls, and proves nothing.
    let kept = 0;
    for (let rounds = 0; kept < count / 2 && rounds < 8; rounds++) kept = await keepForLong(server.endpoint);
    expect(kept).toBeGreaterThanOrEqual(count / 2);
  });

  test("through cut, frozen and unanswered connections nothing is lost, and a message runs again no more often than calls for it failed", {
    timeout: 120_000,
  }, async () => {
    const queue = await openQueue(server.endpoint, { fifo: false });
    const proxy = await tcpProxy({ port: Number(new URL(server.endpoint).port) });
    const client = localClient(`http://${proxy.endpoint}`, { maxAttempts: 1 });
    const names = Array.from({ length: 400 }, (_, index) => `message ${index}`);
    const cutting = "the message whose handler cuts all connections";
    const send = (texts: readonly string[]) =>
      sendAll(
        sqsSink({ ...queue, maxBytes }),
        texts.map((text) => ({ value: new TextEncoder().encode(text) })),
      );
    await send(names);
    const watch = watchMessages();
    const calls = watchCalls();
    const events: EngineEvent["type"][] = [];
    const stop = new AbortController();
    const worker = (through: typeof client) =>
      run(
        consume(
          calls.watch(
            sqsSource({ client: through, queueUrl: queue.queueUrl, visibilityTimeoutMs: 6_000, waitMs: 1_000, requestTimeoutMs: 700 }),
          ),
          { ordering: "none", maxInFlight: 60 },
        ).pipe(
          decode(text()),
          handle(
            (name) =>
              watch.during(name, async () => {
                if (name === cutting && watch.runs.get(name) === 1) {
                  proxy.set({ kind: "refuse" });
                  proxy.cut();
                }
                await sleep(100);
              }),
            { concurrency: 20 },
          ),
          retry({ attempts: 3, backoff: constant(50) }),
          deadLetter(sqsSink({ ...queue, maxBytes })),
          checkpoint(),
        ),
        { signal: stop.signal, onEvent: ({ type }) => events.push(type) },
      );
    const workers = [worker(client)];
    for (const kind of ["none", "drop-answers", "none", "half-open", "none", "refuse", "none"] as const) {
      await sleep(400);
      proxy.set({ kind });
      proxy.cut();
    }
    // This one is certain to run again: its deletion cannot be asked for before another worker is given it.
    await send([cutting]);
    await expect.poll(() => watch.runs.get(cutting), { timeout: 30_000 }).toBe(1);
    workers.push(worker(queue.client));
    await expect.poll(() => watch.runs.get(cutting), { timeout: 30_000 }).toBe(2);
    proxy.set({ kind: "none" });
    await expect.poll(() => queue.held(), { timeout: 60_000, interval: 250 }).toBe(0);
    stop.abort();
    const reports = await Promise.all(workers);
    expect([...watch.runs.keys()].sort()).toEqual([...names, cutting].sort());
    // A delete that took place without an answer is asked again; SQS may then not know the receipt, and the message counts as aborted.
    expect(reports.reduce((sum, { succeeded, aborted }) => sum + succeeded + aborted, 0)).toBeGreaterThan(names.length);
    expect(watch.twiceAtOnce).toEqual([]);
    expect(unexplained(watch.runs, calls)).toEqual([]);
    // Which other calls a fault meets is not the test's to say: that it met some is.
    expect(events.some((type) => type === "source-failed" || type === "acknowledge-failed")).toBe(true);
    client.destroy();
    await proxy.close();
    await queue.close();
  });
});
