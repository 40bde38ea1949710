import { memorySink } from "@spillway/memory";
import type { Payload, Sink } from "@spillway/spec";
import type { Observable } from "rxjs";
import { expect, test } from "vitest";
import {
  checkpoint,
  constant,
  consume,
  deadLetter,
  decode,
  expand,
  explain,
  handle,
  handleBatch,
  health,
  publish,
  retry,
  text,
  type Delivery,
  type Settled,
} from "../index.ts";
import { world, type World } from "../testing/world.ts";

const never = (): Promise<never> => new Promise(() => {});
const deaf: Sink<Payload> = { ...memorySink<Payload>(), write: never };

function ended(w: World, body: Observable<Delivery<unknown>>): Observable<Settled> {
  return body.pipe(retry({ attempts: 5, backoff: constant(3_600_000) }), deadLetter(w.deadLetters), checkpoint());
}

/** Messages that have passed a handler before they come to what a test is about. */
function handled(w: World): Observable<Delivery<string>> {
  return consume(w.source(), { ordering: "none" }).pipe(
    decode(text()),
    handle((value: string) => value),
  );
}

test.each<[string, (w: World) => Observable<Delivery<unknown>>, string]>([
  ["a batch handler", (w) => handled(w).pipe(handleBatch<string>(never, { lingerMs: 0 })), "is at handleBatch"],
  ["a sink", (w) => handled(w).pipe(publish(deaf, (value) => ({ value: Buffer.from(value) }))), "is at publish"],
  [
    "a split",
    (w) =>
      handled(w).pipe(
        expand(async function* (value) {
          yield* [];
          await never();
          yield value;
        }),
      ),
    "is being worked on at expand",
  ],
  [
    "a child",
    (w) =>
      handled(w).pipe(
        expand((value) => [`${value}1`, `${value}2`]),
        handle((child: string) => (child === "a2" ? never() : undefined), { name: "scale" }),
      ),
    "is being worked on at expand, and its child orders-0/0#1 is being worked on at scale",
  ],
])("a message that %s keeps is named with the stage that has it", async (_name, body, says) => {
  const w = world();
  const pipeline = ended(w, body(w));
  const running = w.start(pipeline, { stalledAfterMs: 10_000, drainTimeoutMs: 100 });
  w.append("a");
  await w.clock.advance(30_000);
  expect(explain(pipeline).feeds[0]?.firstUnsettled?.state).toBe(says);
  expect(w.events.find(({ type }) => type === "stalled")).toMatchObject({
    says: expect.stringMatching(new RegExp(`^nothing of orders orders-0 has ended for \\d+ s: message orders-0/0 ${says}$`)),
  });
  expect(health(pipeline).stalled).toHaveLength(1);
  await running.stop();
});

test("a message whose children end one after another is not taken for one that does not move, however many they are", async () => {
  const w = world();
  const children = Array.from({ length: 60 }, (_, index) => String(index));
  const pipeline = ended(
    w,
    handled(w).pipe(
      expand(() => children),
      handle(() => new Promise<void>((resolve) => void w.clock.schedule(1_000, resolve)), { concurrency: 1 }),
    ),
  );
  const running = w.start(pipeline, { stalledAfterMs: 10_000 });
  w.append("a");
  await w.clock.advance(90_000);
  expect(w.events.filter(({ type }) => type === "stalled")).toEqual([]);
  expect(await running.stop()).toMatchObject({ succeeded: 61 });
});

test("a message whose child waits for its retry is not taken for one that does not move while others end, and the child's failure is told", async () => {
  const w = world();
  const pipeline = ended(
    w,
    handled(w).pipe(
      expand((value) => value.split(",")),
      handle((child: string) => {
        if (child === "bad") throw new Error("it is no image");
      }),
    ),
  );
  const running = w.start(pipeline, { stalledAfterMs: 10_000, drainTimeoutMs: 100 });
  w.append("fine,bad");
  for (let second = 0; second < 60; second++) {
    w.append("fine");
    await w.clock.advance(1_000);
  }
  expect(w.events.filter(({ type }) => type === "stalled")).toEqual([]);
  const first = explain(pipeline).feeds[0]?.firstUnsettled;
  expect(first).toMatchObject({
    id: "orders-0/0",
    attempt: 1,
    failedAt: "handle-2",
    lastError: "it is no image",
    class: "transient",
    state: "is being worked on at expand, and its child orders-0/0#1 waits for its next attempt after a failure at handle-2",
  });
  expect(first?.nextAttemptMs).toBeGreaterThan(w.clock.nowMs());
  await running.stop();
});
