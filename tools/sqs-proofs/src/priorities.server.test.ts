import { checkpoint, consumeAll, constant, deadLetter, decode, handle, retry, run, text } from "@spillway/core";
import { sqsSink, sqsSource } from "@spillway/sqs";
import { serversFor } from "@spillway-tools/servers";
import { describe, expect, test } from "vitest";
import { watchCalls } from "./call-watch.ts";
import { maxBytes, openQueue, sendAll, type ProofQueue } from "./queues.ts";

const server = await serversFor("sqs");
const perQueue = 60;

describe.skipIf(server.skip !== undefined)("two SQS queues in one pipeline", () => {
  test("the one with the higher priority comes first while it has work, and each message is deleted from its own queue", {
    timeout: 60_000,
  }, async () => {
    const [urgent, bulk] = [await openQueue(server.endpoint, { fifo: false }), await openQueue(server.endpoint, { fifo: false })];
    const namesOf = (kind: string): readonly string[] => Array.from({ length: perQueue }, (_, index) => `${kind} ${index}`);
    const send = (queue: ProofQueue, kind: string): Promise<void> =>
      sendAll(
        sqsSink({ ...queue, maxBytes }),
        namesOf(kind).map((name) => ({ value: new TextEncoder().encode(name) })),
      );
    await send(bulk, "bulk");
    const [urgentCalls, bulkCalls] = [watchCalls(), watchCalls()];
    let open: () => void = () => undefined;
    const allReceived = new Promise<void>((resolve) => {
      open = resolve;
    });
    const began: string[] = [];
    const stop = new AbortController();
    const running = run(
      consumeAll(
        [
          { source: bulkCalls.watch(sqsSource({ ...bulk, waitMs: 1_000 })), priority: 0 },
          { source: urgentCalls.watch(sqsSource({ ...urgent, waitMs: 1_000 })), priority: 1 },
        ],
        { ordering: "none" },
      ).pipe(
        decode(text()),
        // Until both queues have been read empty nothing goes on.
        handle(
          async (name) => {
            began.push(name);
            await allReceived;
          },
          { concurrency: 1 },
        ),
        retry({ attempts: 3, backoff: constant(50) }),
        deadLetter(sqsSink({ ...bulk, maxBytes })),
        checkpoint(),
      ),
      { signal: stop.signal },
    );
    // The lower priority has its turn already when the first message of the higher one comes.
    await expect.poll(() => [bulkCalls.received.length, began.length], { timeout: 30_000 }).toEqual([perQueue, 1]);
    await send(urgent, "urgent");
    await expect.poll(() => urgentCalls.received.length, { timeout: 30_000 }).toBe(perQueue);
    open();
    await expect.poll(async () => [await urgent.held(), await bulk.held()], { timeout: 30_000, interval: 250 }).toEqual([0, 0]);
    stop.abort();
    expect(await running).toMatchObject({ delivered: 2 * perQueue, succeeded: 2 * perQueue });
    expect([...began].sort()).toEqual([...namesOf("bulk"), ...namesOf("urgent")].sort());
    const beforeLastUrgent = began.slice(
      0,
      began.findLastIndex((name) => name.startsWith("urgent")),
    );
    // The first began before anything urgent was there; then comes the share of 5% that lower priorities always have, and one for its rounding.
    expect(beforeLastUrgent.filter((name) => name.startsWith("bulk")).length).toBeLessThanOrEqual(2 + Math.ceil(perQueue * 0.05));
    expect([...urgentCalls.deleted].sort()).toEqual([...namesOf("urgent")].sort());
    expect([...bulkCalls.deleted].sort()).toEqual([...namesOf("bulk")].sort());
    await Promise.all([urgent.close(), bulk.close()]);
  });
});
