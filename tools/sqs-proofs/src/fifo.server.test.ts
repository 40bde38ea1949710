import { setTimeout as sleep } from "node:timers/promises";
import { checkpoint, classify, constant, consume, deadLetter, decode, handle, json, retry, when, type Settled } from "@spillway/core";
import type { Payload, QueueSource } from "@spillway/spec";
import { sqsSink, sqsSource, type SqsFifoTraits } from "@spillway/sqs";
import { serversFor } from "@spillway-tools/servers";
import type { Observable } from "rxjs";
import { describe, expect, test } from "vitest";
import { watchGroups } from "./group-watch.ts";
import { killable } from "./killable.ts";
import { drain, maxBytes, openQueue, sendAll } from "./queues.ts";

const server = await serversFor("sqs");

type SqsFifoSource = QueueSource<Payload, SqsFifoTraits>;

interface Worker {
  end(): void;
  /** Dies; returns how many messages it had in hand. */
  kill(): number;
}

interface Task {
  readonly group: string;
  readonly number: number;
}

class Poison extends Error {}

const groups = 1_000;
const perGroup = 4;
const isPoison = ({ group, number }: Task): boolean => number === 1 && Number(group.slice(1)) % 100 === 7;
/** Fails a few times, and passes in the end. */
const isFlaky = ({ group, number }: Task): boolean => number === 2 && Number(group.slice(1)) % 100 === 13;

/** Fails until everything else has ended. */
const isStuck = ({ group, number }: Task): boolean => number === 1 && Number(group.slice(1)) % 100 === 57;

describe.skipIf(server.skip !== undefined)("SQS FIFO", () => {
  test("1,000 groups on three workers that are killed: each group in order, nothing is lost, and while a message of ten groups fails all other groups end", {
    timeout: 180_000,
  }, async () => {
    const [orders, dead] = await Promise.all([openQueue(server.endpoint, { fifo: true }), openQueue(server.endpoint, { fifo: true })]);
    const watch = watchGroups();
    const failures = new Map<string, number>();
    const ended = new Set<string>();
    let released = false;
    const tasks = Array.from(
      { length: groups * perGroup },
      (_, index): Task => ({ group: `g${index % groups}`, number: Math.floor(index / groups) }),
    );
    await sendAll(
      sqsSink({ ...orders, fifo: true, maxBytes }),
      tasks.map((task) => ({ key: task.group, value: new TextEncoder().encode(JSON.stringify(task)) })),
    );

    const worker = (source: SqsFifoSource): Observable<Settled> =>
      consume(source, { ordering: "key", maxInFlight: 400 }).pipe(
        decode(json()),
        handle(
          async (value) => {
            const task = value as Task;
            const end = watch.begin(task.group, task.number);
            try {
              await sleep(1);
              const name = `${task.group}/${task.number}`;
              if (isPoison(task)) ended.add(name);
              if (isPoison(task)) throw new Poison("poison");
              if (isStuck(task) && !released) throw new Error("not before all others");
              failures.set(name, (failures.get(name) ?? 0) + 1);
              if (isFlaky(task) && (failures.get(name) ?? 0) < 3) throw new Error("not yet");
              ended.add(name);
            } finally {
              end();
            }
          },
          { concurrency: 64 },
        ),
        classify(when(Poison, "permanent")),
        retry({ attempts: 1_000, backoff: constant(200) }),
        deadLetter(sqsSink({ ...dead, fifo: true, maxBytes })),
        checkpoint(),
      );
    let errors = 0;
    const begin = (): Worker => {
      const { source, kill } = killable(sqsSource({ ...orders, fifo: true, visibilityTimeoutMs: 3_000, waitMs: 1_000 }));
      const subscription = worker(source).subscribe({ error: () => (errors += 1) });
      return {
        end: () => subscription.unsubscribe(),
        kill() {
          const stranded = kill();
          subscription.unsubscribe();
          return stranded;
        },
      };
    };
    const workers = [begin(), begin(), begin()];
    const stranded: number[] = [];
    for (let kill = 0; kill < 4; kill += 1) {
      await sleep(700);
      stranded.push(workers[kill % 3]?.kill() ?? 0);
      workers[kill % 3] = begin();
    }
    // A message that still fails is always with one of the workers: kills that meet none would prove nothing.
    expect(Math.max(...stranded)).toBeGreaterThan(0);
    const stuckGroups = new Set(tasks.filter(isStuck).map(({ group }) => group));
    const others = tasks
      .filter(({ group, number }) => number === 0 || !stuckGroups.has(group))
      .map(({ group, number }) => `${group}/${number}`);
    // Exactly these: everything of all other groups, and nothing behind a message that still fails.
    await expect.poll(() => ended.size, { timeout: 60_000, interval: 250 }).toBe(others.length);
    expect([...ended].sort()).toEqual([...others].sort());
    released = true;
    await expect.poll(() => orders.held(), { timeout: 90_000, interval: 250 }).toBe(0);
    for (const each of workers) each.end();

    expect(errors).toBe(0);
    expect(watch.faults).toEqual([]);
    expect(watch.seen.size).toBe(tasks.length);
    const letters = (await drain(sqsSource({ ...dead, fifo: true, waitMs: 1_000 }))).map((text) => JSON.parse(text) as Task);
    expect(letters.map(({ group }) => group).sort()).toEqual(
      tasks
        .filter(isPoison)
        .map(({ group }) => group)
        .sort(),
    ); // prettier-ignore
    await Promise.all([orders.close(), dead.close()]);
  });
});
