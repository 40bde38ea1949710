// What was wrong: one message that waits (a retry's delay, a refused dead letter) stops the whole source: G4 says that it holds its own lane and nothing else.
// Why: a reader reserves the size of the page that it expects, capped at maxInFlight; a page as large as maxInFlight (Kinesis: up to 10,000, default maxInFlight
// 4,096; a queue with maxInFlight below 10) then fits only when nothing at all is in flight. Mended so: a reservation asks for half the room at most;
// the bound stays "maxInFlight, and one page of each partition beyond that".
import { memoryQueue, memoryQueueSource } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, run, text } from "../index.ts";
import { world } from "../testing/world.ts";

test("G4: a message that waits for its retry does not stop the reading of a log", async () => {
  const w = world();
  const handled: string[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "none", maxInFlight: 100 }).pipe(
      decode(text()),
      handle((value, { attempt }) => {
        if (value === "0" && attempt === 1) throw new Error("not yet");
        handled.push(value);
      }),
      retry({ attempts: 2, backoff: constant(3_600_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append(...Array.from({ length: 500 }, (_, index) => String(index)));
  await w.clock.advance(1_000);
  w.append("later");
  await w.clock.advance(60_000);
  expect(handled).toContain("later");
  await running.stop();
});

test("G4: a message that waits for its retry does not stop the receiving of a queue", async () => {
  const w = world();
  const queue = memoryQueue({ name: "jobs", clock: w.clock });
  const handled: string[] = [];
  const controller = new AbortController();
  let ended = false;
  const report = run(
    consume(memoryQueueSource({ queue }), { ordering: "none", maxInFlight: 5 }).pipe(
      decode(text()),
      handle((value, { attempt }) => {
        if (value === "0" && attempt === 1) throw new Error("not yet");
        handled.push(value);
      }),
      retry({ attempts: 2, backoff: constant(3_600_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    { clock: w.clock, signal: controller.signal },
  ).finally(() => (ended = true));
  queue.send(["0", "1", "2", "3", "4", "5", "6", "7"].map((each) => ({ value: Buffer.from(each) })));
  await w.clock.advance(60_000);
  expect(handled.toSorted()).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  controller.abort();
  await w.clock.runUntil(() => ended);
  await report;
});
