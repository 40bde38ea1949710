import "reflect-metadata";
import { checkpoint, constant, consume, haltOnFailure, retry, run, type HandleContext, type Stage } from "@spillway/core";
import { memoryQueue, memoryQueueSource } from "@spillway/memory";
import type { Message, Payload } from "@spillway/spec";
import { container, inject, injectable, Lifecycle, scoped, type DependencyContainer } from "tsyringe";
import { beforeEach, expect, expectTypeOf, test } from "vitest";
import { currentMessage, handleWith } from "./handle-with.ts";
import { handles } from "./handles.ts";

class Clerk {
  readonly seen: string[] = [];
  note(what: string): void {
    this.seen.push(what);
  }
}

let made = 0;
let disposed = 0;

@injectable()
class Reading {
  readonly clerk: Clerk;
  readonly number: number;

  constructor(clerk: Clerk) {
    this.clerk = clerk;
    made += 1;
    this.number = made;
  }

  @handles({ concurrency: 1, timeoutMs: 5_000 })
  read(value: Payload, { message }: HandleContext): number {
    this.clerk.note(`${message.id} by ${this.number}: ${new TextDecoder().decode(value ?? new Uint8Array())}`);
    return value?.length ?? 0;
  }

  unmarked(value: Payload): number {
    return value?.length ?? 0;
  }
}

class UnitOfWork {
  readonly message: Message<unknown>;

  constructor(message: Message<unknown>) {
    this.message = message;
  }

  dispose(): void {
    disposed += 1;
    if (this.message.headers.some(([name]) => name === "fails") && disposed === 1) throw new Error("the unit of work did not end");
  }
}

// What @inject on the parameter and @scoped on the class do, written out: the formatter cannot read decorators of parameters.
inject(currentMessage)(UnitOfWork, undefined, 0);
scoped(Lifecycle.ContainerScoped)(UnitOfWork);

@injectable()
class PerMessage {
  readonly clerk: Clerk;
  readonly work: UnitOfWork;

  constructor(clerk: Clerk, work: UnitOfWork) {
    this.clerk = clerk;
    this.work = work;
  }

  @handles()
  async read(_value: Payload, { message }: HandleContext): Promise<void> {
    await Promise.resolve();
    this.clerk.note(`${message === this.work.message}`);
  }
}

let app: DependencyContainer;
let clerk: Clerk;
beforeEach(() => {
  made = 0;
  disposed = 0;
  app = container.createChildContainer();
  clerk = new Clerk();
  app.registerInstance(Clerk, clerk);
});

/** Runs a stage over these messages until all are settled. */
async function runOver(stage: Stage<Payload, unknown>, headers: readonly string[] = ["", "", ""]): Promise<void> {
  const queue = memoryQueue({ name: "queue" });
  queue.send(headers.map((name, index) => ({ value: new TextEncoder().encode(`message ${index}`), headers: [[name, ""]] })));
  const stop = new AbortController();
  const running = run(
    consume(memoryQueueSource({ queue }), { ordering: "none" }).pipe(
      stage,
      retry({ attempts: 3, backoff: constant(1) }),
      haltOnFailure(),
      checkpoint(),
    ),
    { signal: stop.signal },
  );
  await expect.poll(() => queue.counts().held).toBe(0);
  stop.abort();
  await running;
}

test("a class is made once for the pipeline, with what its constructor asks for", async () => {
  await runOver(handleWith(app, Reading, "read"));
  expect(clerk.seen.map((line) => line.replace(/^.* by/, "by")).sort()).toEqual(["by 1: message 0", "by 1: message 1", "by 1: message 2"]);
});

test("the stage is typed by the method", () => {
  expectTypeOf(handleWith(app, Reading, "read")).toEqualTypeOf<Stage<Payload, number>>();
  expectTypeOf(handleWith(app, PerMessage, "read", { per: "message" })).toEqualTypeOf<Stage<Payload, void>>();
  // @ts-expect-error -- a member that is no method cannot handle messages
  expect(() => handleWith(app, Reading, "number")).toThrow("@handles");
});

test("for each message, an object of its own sees the message and is disposed of", async () => {
  await runOver(handleWith(app, PerMessage, "read", { per: "message" }));
  expect(clerk.seen).toEqual(["true", "true", "true"]);
  expect(disposed).toBe(3);
});

test("a dispose that fails makes the attempt fail, and the message is tried again", async () => {
  await runOver(handleWith(app, PerMessage, "read", { per: "message" }), ["fails"]);
  expect(clerk.seen).toEqual(["true", "true"]);
});

test("a dependency is overridden by registering another", async () => {
  const other = new Clerk();
  const overridden = app.createChildContainer();
  overridden.registerInstance(Clerk, other);
  await runOver(handleWith(overridden, Reading, "read"));
  expect([clerk.seen.length, other.seen.length]).toEqual([0, 3]);
});

test("any token will do, and what is behind it need not be marked", async () => {
  const lengths: number[] = [];
  app.register<{ measure(value: Payload): void }>("Measuring", { useValue: { measure: (value) => void lengths.push(value?.length ?? 0) } });
  await runOver(handleWith<{ measure(value: Payload): void }, "measure">(app, "Measuring", "measure"));
  expect(lengths).toEqual([9, 9, 9]);
});

test("a method that is not marked is refused when the pipeline is built", () => {
  expect(() => handleWith(app, Reading, "unmarked")).toThrow("Reading.unmarked is not marked as a handler");
});

test("what is not registered is refused when the pipeline is built", () => {
  interface Reader {
    read(value: Payload): void;
  }
  expect(() => handleWith<Reader, "read">(app, "Nobody", "read")).toThrow("Nobody");
  expect(() => handleWith<Reader, "read">(app, "Nobody", "read", { per: "message" })).toThrow("Nobody");
});

test("a mark is inherited, and a subclass may mark anew", async () => {
  @injectable()
  class Louder extends Reading {
    @handles({ name: "louder" })
    override read(value: Payload, context: HandleContext): number {
      return super.read(value, context) * 2;
    }
  }
  @injectable()
  class Same extends Reading {}
  await runOver(handleWith(app, Louder, "read"));
  await runOver(handleWith(app, Same, "read"));
  expect(clerk.seen).toHaveLength(6);
});
