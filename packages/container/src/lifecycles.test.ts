import "reflect-metadata";
import { checkpoint, classify, constant, consume, deadLetter, retry, run, when, type Stage } from "@spillway/core";
import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import type { Message, Payload } from "@spillway/spec";
import { container, inject, injectable, Lifecycle, scoped, singleton, type DependencyContainer } from "tsyringe";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { currentMessage, handleWith } from "./handle-with.ts";
import { handles } from "./handles.ts";

class Refused extends Error {}

let events: string[];
let made: Record<string, number>;
const number = (kind: string): string => `${kind} ${(made[kind] = (made[kind] ?? 0) + 1)}`;

/** Made once for all. */
@singleton()
class Pool {
  readonly name = number("pool");
  dispose(): void {
    events.push(`${this.name} is closed`);
  }
}

/** Made once for each container. */
class Transaction {
  readonly name = number("transaction");
  readonly message: Message<unknown>;

  constructor(message: Message<unknown>) {
    this.message = message;
  }

  async dispose(): Promise<void> {
    await Promise.resolve();
    events.push(`${this.name} has ended`);
    if (text(this.message).includes("dispose fails")) throw new Error("the transaction did not end");
  }
}
// What @inject on the parameter and @scoped on the class do, written out: the formatter cannot read decorators of parameters.
inject(currentMessage)(Transaction, undefined, 0);
scoped(Lifecycle.ContainerScoped)(Transaction);

/** Made anew wherever it is asked for. */
@injectable()
class Ledger {
  readonly name = number("ledger");
  readonly transaction: Transaction;
  constructor(transaction: Transaction) {
    this.transaction = transaction;
  }
}

@injectable()
class Charging {
  readonly pool: Pool;
  readonly transaction: Transaction;
  readonly ledgers: readonly Ledger[];
  private readonly name = number("handler");

  constructor(pool: Pool, transaction: Transaction, one: Ledger, other: Ledger) {
    this.pool = pool;
    this.transaction = transaction;
    this.ledgers = [one, other];
  }

  @handles({ concurrency: 1 })
  async charge(payload: Payload): Promise<void> {
    await Promise.resolve();
    const order = new TextDecoder().decode(payload ?? undefined);
    const shared = this.ledgers.every((ledger) => ledger.transaction === this.transaction);
    events.push(`${this.name} has ${this.pool.name}, ${this.transaction.name} (${shared ? "shared" : "not shared"})`);
    if (order.includes("refused")) throw new Refused(order);
    if (order.includes("fails") && made["handler"] === 1) throw new Error("not now");
  }
}

/** Like the other, but for a pipeline: it knows no message. */
@injectable()
class Counting {
  readonly pool: Pool;
  private readonly name = number("counter");

  constructor(pool: Pool) {
    this.pool = pool;
  }

  @handles({ concurrency: 1 })
  count(): void {
    events.push(`${this.name} has ${this.pool.name}`);
  }

  dispose(): void {
    events.push(`${this.name} is gone`);
  }
}

let app: DependencyContainer;
beforeEach(() => {
  events = [];
  made = {};
  container.clearInstances();
  app = container.createChildContainer();
});

function text({ value }: Message<unknown>): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : "";
}

/** Runs a stage over these orders until all are settled; resolves to the texts of the dead letters. */
async function runOver(stage: Stage<Payload, unknown>, ...orders: readonly string[]): Promise<readonly string[]> {
  const queue = memoryQueue({ name: "orders" });
  queue.send(orders.map((order) => ({ value: new TextEncoder().encode(order) })));
  const dead = memorySink<Payload>();
  const stop = new AbortController();
  const pipeline = consume(memoryQueueSource({ queue }), { ordering: "none" }).pipe(
    stage,
    classify(when(Refused, "permanent")),
    retry({ attempts: 3, backoff: constant(1) }),
    deadLetter(dead),
    checkpoint(),
  );
  const running = run(pipeline, { signal: stop.signal });
  await expect.poll(() => queue.counts().held).toBe(0);
  stop.abort();
  await running;
  return dead.messages.map(({ value }) => new TextDecoder().decode(value ?? undefined));
}

describe("resolved for the pipeline", () => {
  test("one object handles all messages, another pipeline has its own, and singletons are the same in both", async () => {
    await runOver(handleWith(app, Counting, "count"), "a", "b");
    await runOver(handleWith(app, Counting, "count"), "c");
    expect(events).toEqual(["counter 1 has pool 1", "counter 1 has pool 1", "counter 2 has pool 1"]);
  });

  test("nothing is disposed of with the pipeline: it is when its container is", async () => {
    await runOver(handleWith(app, Counting, "count"), "a");
    expect(events).toEqual(["counter 1 has pool 1"]);
    await app.dispose();
    expect(events.slice(1).toSorted()).toEqual(["counter 1 is gone", "pool 1 is closed"]);
  });
});

describe("resolved for each message", () => {
  const stage = (options = {}) => handleWith(app, Charging, "charge", { per: "message", ...options });

  test("a handler is made for each, what is scoped to the container is shared within it and ends with it, and singletons stay", async () => {
    app.resolve(Pool);
    await runOver(stage(), "a", "b");
    expect(events).toEqual([
      "handler 1 has pool 1, transaction 1 (shared)",
      "transaction 1 has ended",
      "handler 2 has pool 1, transaction 2 (shared)",
      "transaction 2 has ended",
    ]);
    expect(made["ledger"]).toBe(4);
  });

  test("another attempt at a message is made anew, after what the first had has ended", async () => {
    app.resolve(Pool);
    await runOver(stage(), "fails");
    expect(events).toEqual([
      "handler 1 has pool 1, transaction 1 (shared)",
      "transaction 1 has ended",
      "handler 2 has pool 1, transaction 2 (shared)",
      "transaction 2 has ended",
    ]);
  });

  test("a singleton that a message is the first to need ends with that message, so resolve it before", async () => {
    await runOver(stage(), "a", "b");
    expect(events.filter((event) => event.includes("closed"))).toEqual(["pool 1 is closed"]);
    expect(events.at(-2)).toContain("pool 1");
  });

  test("a handler's failure counts, with its class, also when a dispose fails after it, which is said", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    expect(await runOver(stage(), "refused, and dispose fails")).toEqual(["refused, and dispose fails"]);
    expect(made["handler"]).toBe(1);
    expect(warn).toHaveBeenCalledExactlyOnceWith("Charging.charge: a dispose failed too: Error: the transaction did not end");
    warn.mockRestore();
  });

  test("a constructor that throws fails the attempt, and what was made for it ends", async () => {
    const failing = app.createChildContainer();
    failing.register(Ledger, {
      useFactory: () => {
        throw new Refused("no ledger");
      },
    });
    app.resolve(Pool);
    expect(await runOver(handleWith(failing, Charging, "charge", { per: "message" }), "a")).toHaveLength(1);
    expect(events).toContain("transaction 1 has ended");
  });

  test("what a test registers in a container of its own is used for every message, and singletons that are made stay as they are elsewhere", async () => {
    const overridden = app.createChildContainer();
    overridden.register(Pool, { useValue: { name: "a fake pool", dispose: () => events.push("never") } });
    await runOver(handleWith(overridden, Charging, "charge", { per: "message" }), "a", "b");
    expect(events.filter((event) => event.includes("a fake pool"))).toHaveLength(2);
    expect(events).not.toContain("never");
    expect(app.resolve(Pool).name).toBe("pool 1");
  });
});
