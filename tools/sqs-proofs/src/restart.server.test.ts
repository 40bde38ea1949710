import { setTimeout as sleep } from "node:timers/promises";
import {
  checkpoint,
  constant,
  consume,
  deadLetter,
  decode,
  handle,
  retry,
  run,
  text,
  type Delivery,
  type EngineEvent,
} from "@spillway/core";
import type { Payload, QueueSource } from "@spillway/spec";
import { sqsSink, sqsSource, type SqsSourceOptions } from "@spillway/sqs";
import { startElasticMq, whyNot, type RestartableServer } from "@spillway-tools/servers";
import type { Observable } from "rxjs";
import { afterEach, describe, expect, test } from "vitest";
import { watchGroups, type GroupWatch } from "./group-watch.ts";
import { localClient, maxBytes, openQueue, sendAll, type ProofQueue } from "./queues.ts";

const skip = await whyNot("sqs");
const groups = 20;
const names = Array.from({ length: 300 }, (_, index) => `${index % groups}/${Math.floor(index / groups)}`);
const maxInFlight = 60;
const killAt = 100;

let server: RestartableServer;
afterEach(async () => {
  await server.stop();
});

type Watched = <Source extends QueueSource<Payload>>(source: Source) => Source;
type Consume = (options: SqsSourceOptions, watched: Watched) => Observable<Delivery<Payload>>;

const standard: Consume = (options, watched) => consume(watched(sqsSource({ ...options, fifo: false })), { ordering: "none", maxInFlight });
/** There is always room for more than the queue holds, so a receive is always under way. */
const roomy: Consume = (options, watched) =>
  consume(watched(sqsSource({ ...options, fifo: false })), { ordering: "none", maxInFlight: names.length + 100 });
const fifo: Consume = (options, watched) => consume(watched(sqsSource({ ...options, fifo: true })), { ordering: "key", maxInFlight });

/** A pipeline whose server was killed in mid-run and has come back. */
interface Survivor {
  readonly orders: ProofQueue;
  readonly dead: ProofQueue;
  readonly watch: GroupWatch;
  /** The messages, as often as a handler began with them. */
  readonly began: readonly string[];
  /** What the server had given out before it was killed. */
  readonly givenBefore: ReadonlySet<string>;
  stop(): void;
  /** Resolves to the run's report or its error. */
  readonly ended: Promise<unknown>;
}

async function survivor(consumeFrom: Consume): Promise<Survivor> {
  const isFifo = consumeFrom === fifo;
  const [orders, dead] = [await openQueue(server.endpoint, { fifo: isFifo }), await openQueue(server.endpoint, { fifo: isFifo })];
  await sendAll(
    sqsSink({ ...orders, fifo: isFifo, maxBytes }),
    names.map((name) => ({ key: name.split("/")[0], value: new TextEncoder().encode(name) })),
  );
  const client = localClient(server.endpoint, { maxAttempts: 1 });
  const watch = watchGroups();
  const began: string[] = [];
  const given: string[] = [];
  const failures: EngineEvent["type"][] = [];
  const stop = new AbortController();
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const watched: Watched = (source) => ({
    ...source,
    async receive(options) {
      const messages = await source.receive(options);
      given.push(...messages.map(({ value }) => new TextDecoder().decode(value ?? undefined)));
      return messages;
    },
  });
  const { queueUrl } = orders;
  const pipeline = consumeFrom({ client, queueUrl, visibilityTimeoutMs: 3_000, waitMs: 1_000, requestTimeoutMs: 2_000 }, watched).pipe(
    decode(text()),
    handle(
      async (name) => {
        const [group = "", number = ""] = name.split("/");
        const end = isFifo ? watch.begin(group, Number(number)) : () => undefined;
        if (began.push(name) === killAt) reach();
        await sleep(20);
        end();
      },
      { concurrency: 10 },
    ),
    retry({ attempts: 3, backoff: constant(50) }),
    deadLetter(sqsSink({ ...dead, fifo: isFifo, maxBytes })),
    checkpoint(),
  );
  const onEvent = ({ type }: EngineEvent): void => {
    if (type === "source-failed" || type === "acknowledge-failed") failures.push(type);
  };
  const ended = run(pipeline, { signal: stop.signal, drainTimeoutMs: 2_000, onEvent })
    .catch((error: unknown) => error)
    .finally(() => {
      for (const each of [orders.client, dead.client, client]) each.destroy();
    });
  await reached;
  await server.kill();
  const givenBefore = new Set(given);
  failures.length = 0;
  await expect.poll(() => failures.length, { timeout: 15_000 }).toBeGreaterThan(0);
  await server.restart();
  return { orders, dead, watch, began, givenBefore, ended, stop: () => stop.abort() };
}

describe.skipIf(skip !== undefined)("an SQS server that is killed in mid-run", () => {
  test.each([
    ["a standard", standard],
    ["a FIFO", fifo],
  ])("is waited for, and nothing that %s queue has kept is lost", { timeout: 90_000 }, async (_kind, consumeFrom) => {
    server = await startElasticMq({ persistent: true });
    const { orders, dead, watch, began, givenBefore, ended, stop } = await survivor(consumeFrom);
    await expect.poll(() => orders.held(), { timeout: 60_000, interval: 250 }).toBe(0);
    expect(await dead.held()).toBe(0);
    stop();
    expect(await ended).toMatchObject({ deadLettered: 0, inFlight: 0 });
    expect(new Set(began)).toEqual(new Set(names));
    // Which of a group comes first is the server's to say, and after a restart ElasticMQ puts what it had given out behind what it had not.
    expect(watch.faults.filter((fault) => fault.includes("was running"))).toEqual([]);
    // The kill came between a message's giving out and its settlement; nothing else runs again.
    const again = began.filter((name, index) => began.indexOf(name) !== index);
    expect(again.filter((name) => !givenBefore.has(name))).toEqual([]);
  });

  test("and has forgotten the queue stops the pipeline with the next receive, and it says so", { timeout: 90_000 }, async () => {
    server = await startElasticMq();
    const { ended } = await survivor(roomy);
    expect(await ended).toMatchObject({ code: "SPILLWAY_SQS_QUEUE_MISSING", failureClass: "fatal" });
  });
});
