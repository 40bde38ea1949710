import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, run, text, type EngineEvent } from "@spillway/core";
import { sqsSink, sqsSource } from "@spillway/sqs";
import { anyFault, seededFaults, sqs, startFaultProxy, type Fault, type Faults } from "@spillway-tools/aws-fakes";
import { serversFor } from "@spillway-tools/servers";
import { hasCode } from "@spillway/spec";
import { describe, expect, test } from "vitest";
import { unexplained, watchCalls, type CallWatch } from "./call-watch.ts";
import { watchMessages, type MessageWatch } from "./message-watch.ts";
import { localClient, maxBytes, openQueue, sendAll } from "./queues.ts";

const server = await serversFor("sqs");
const timeout = 90_000;

/** What one pipeline did with a queue behind faults until the queue was empty. */
interface Outcome {
  readonly watch: MessageWatch;
  readonly calls: CallWatch;
  readonly events: readonly EngineEvent[];
  readonly succeeded: number;
  readonly aborted: number;
  readonly deadLettered: number;
}

/** Runs the messages through a pipeline whose every call passes the faults; the client repeats none. */
async function runBehind(
  faults: Faults,
  names: readonly string[],
  work: (name: string, attempt: number) => Promise<void>,
  visibilityTimeoutMs: number,
): Promise<Outcome> {
  const queue = await openQueue(server.endpoint, { fifo: false });
  const proxy = await startFaultProxy({ service: sqs, target: server.endpoint, faults });
  const client = localClient(proxy.endpoint, { maxAttempts: 1 });
  await sendAll(
    sqsSink({ ...queue, maxBytes }),
    names.map((name) => ({ value: new TextEncoder().encode(name) })),
  );
  const watch = watchMessages();
  const calls = watchCalls();
  const events: EngineEvent[] = [];
  const stop = new AbortController();
  const source = sqsSource({ client, queueUrl: queue.queueUrl, visibilityTimeoutMs, waitMs: 1_000, requestTimeoutMs: 2_000 });
  const running = run(
    consume(calls.watch(source), { ordering: "none", maxInFlight: 60 }).pipe(
      decode(text()),
      handle((name) => watch.during(name, () => work(name, watch.runs.get(name) ?? 0)), { concurrency: 20 }),
      retry({ attempts: 5, backoff: constant(1_000), giveBackAfterMs: 500 }),
      deadLetter(sqsSink({ ...queue, maxBytes })),
      checkpoint(),
    ),
    { signal: stop.signal, onEvent: (event) => events.push(event) },
  );
  await expect.poll(() => queue.held(), { timeout: 60_000, interval: 250 }).toBe(0);
  stop.abort();
  const { succeeded, aborted, deadLettered } = await running;
  client.destroy();
  await proxy.stop();
  await queue.close();
  return { watch, calls, events, succeeded, aborted, deadLettered };
}

function messages(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `message ${index}`);
}

/** Says a wrong MD5 of each of these messages the first time that it is given out, and counts how often each message is. */
function damageOnce(isBad: (name: string) => boolean): { readonly faults: Faults; readonly given: ReadonlyMap<string, number> } {
  const given = new Map<string, number>();
  const answer = (output: object): object => {
    const { Messages = [] } = output as { Messages?: readonly { readonly Body: string }[] };
    return {
      ...output,
      Messages: Messages.map((message) => {
        const times = (given.get(message.Body) ?? 0) + 1;
        given.set(message.Body, times);
        return isBad(message.Body) && times === 1 ? { ...message, MD5OfBody: "0".repeat(32) } : message;
      }),
    };
  };
  return {
    given,
    faults: ({ operation, input }) => (operation === "ReceiveMessage" ? { kind: "altered", input, answer } : undefined),
  };
}

const refusals: readonly Fault[] = [
  { kind: "error", type: "ThrottlingException" },
  { kind: "error", type: "com.amazonaws.sqs#RequestThrottled" },
  { kind: "error", type: "ServiceUnavailable", status: 503 },
  { kind: "error", type: "InternalFailure", status: 500 },
];

describe.skipIf(server.skip !== undefined)("SQS behind a faulty service", () => {
  test("throttled, refused with 5xx and unanswered calls lose nothing, and a message runs again no more often than calls for it failed", {
    timeout,
  }, async () => {
    const names = messages(300);
    const faults = seededFaults({
      seed: 7,
      probability: 0.3,
      operations: ["ReceiveMessage", "DeleteMessageBatch"],
      faults: [...refusals, { kind: "answer-lost" }, { kind: "request-lost" }],
    });
    const { watch, calls, events, succeeded, aborted, deadLettered } = await runBehind(faults, names, () => sleep(10), 3_000);
    expect([...watch.runs.keys()].sort()).toEqual([...names].sort());
    expect(succeeded + aborted).toBeGreaterThanOrEqual(names.length);
    expect(deadLettered).toBe(0);
    expect(watch.twiceAtOnce).toEqual([]);
    expect(unexplained(watch.runs, calls)).toEqual([]);
    const types = new Set(events.map(({ type }) => type));
    expect([types.has("source-failed"), types.has("acknowledge-failed")]).toEqual([true, true]);
  });

  test("while every deletion and extension is refused messages run again, and no more often than calls for them failed", {
    timeout,
  }, async () => {
    // Fewer than there is room for, so that there is room for a message that is given out again.
    const names = messages(30);
    let ranTwice = false;
    const faults: Faults = ({ operation }) => (ranTwice || operation === "ReceiveMessage" ? undefined : refusals[0]);
    const work = async (_name: string, run: number): Promise<void> => {
      await sleep(10);
      ranTwice ||= run === 2;
    };
    const { watch, calls, succeeded, aborted, deadLettered } = await runBehind(faults, names, work, 2_000);
    expect([...watch.runs.keys()].sort()).toEqual([...names].sort());
    expect([...watch.runs.values()].some((runs) => runs > 1)).toBe(true);
    expect(unexplained(watch.runs, calls)).toEqual([]);
    expect(watch.twiceAtOnce).toEqual([]);
    expect(succeeded + aborted).toBe([...watch.runs.values()].reduce((sum, runs) => sum + runs, 0));
    expect(deadLettered).toBe(0);
  });

  test("of ten messages of which one arrives damaged nine run once and are deleted, and the tenth comes again and runs once", {
    timeout,
  }, async () => {
    const names = messages(100);
    const { faults, given } = damageOnce((name) => name.endsWith("7"));
    const { watch, calls, events, succeeded } = await runBehind(faults, names, () => sleep(10), 2_000);
    expect([...given].sort()).toEqual(names.map((name) => [name, name.endsWith("7") ? 2 : 1]).sort());
    expect([...watch.runs].sort()).toEqual(names.map((name) => [name, 1]).sort()); // prettier-ignore
    expect([...calls.deleted].sort()).toEqual([...names].sort());
    expect(succeeded).toBe(names.length);
    const failures = events.filter((event) => event.type === "source-failed");
    expect(failures.some(({ error }) => hasCode(error, "SPILLWAY_SQS_CHECKSUM"))).toBe(true);
  });

  test("a damaged message among throttled calls costs the others nothing: what runs again had a failed call", { timeout }, async () => {
    const names = messages(100);
    const { faults, given } = damageOnce((name) => name.endsWith("7"));
    const throttling = seededFaults({ seed: 11, probability: 0.2, operations: ["ReceiveMessage", "DeleteMessageBatch"], faults: refusals });
    const { watch, calls } = await runBehind(anyFault(throttling, faults), names, () => sleep(10), 3_000);
    expect(names.filter((name) => name.endsWith("7") && (given.get(name) ?? 0) < 2)).toEqual([]);
    expect([...watch.runs.keys()].sort()).toEqual([...names].sort());
    expect(watch.twiceAtOnce).toEqual([]);
    expect(unexplained(watch.runs, calls)).toEqual([]);
  });

  test("with every answer to an extension and a giving back lost, long handlers and retries in the queue run each attempt once", {
    timeout,
  }, async () => {
    const names = messages(20);
    let lost = 0;
    const faults: Faults = ({ operation }) => {
      if (operation !== "ChangeMessageVisibilityBatch") return undefined;
      lost += 1;
      return { kind: "answer-lost" };
    };
    const work = async (_name: string, attempt: number): Promise<void> => {
      await sleep(6_000);
      if (attempt === 1) throw new Error("the first attempt fails");
    };
    const { watch, succeeded, deadLettered } = await runBehind(faults, names, work, 3_000);
    expect(watch.twiceAtOnce).toEqual([]);
    expect([...watch.runs].sort()).toEqual(names.map((name) => [name, 2]).sort()); // prettier-ignore
    expect([succeeded, deadLettered]).toEqual([names.length, 0]);
    expect(lost).toBeGreaterThan(0);
  });
});
