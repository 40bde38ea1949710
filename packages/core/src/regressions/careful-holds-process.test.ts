// What was wrong: in a careful start, the message that was started keeps the turn until it has *ended*, its
// retries' delays and a refused dead letter included. Since the turn is the whole process's (CarefulTurn), one failing message after a crash stops every partition
// that this process took over, for hours, or for ever while the dead letters' sink is down; and always did so for the lanes of its own partition. The same on
// a queue: SuspectGuard's #alone holds the whole queue until the suspect has ended. G4.
// Mended so: the turn is for the attempt, not for the message. StartGuard gets `paused(delivery)` (called by Run.retryLater and by DeadLetterStage.#bury: drop
// #current and `attempting`, leave the turn) and `resume(delivery, go)` (called by Run.#startRetry instead of holder.resume: take the turn, write `attempting`
// down, go; or keep it in a Ring until the turn is free). It also makes `attempting` right for retries: a death while the message only waits is not its fault.
import { memoryQueue, memoryQueueSource } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, run, text } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { world } from "../testing/world.ts";

test("G4: after a crash, a message that waits for its retry holds its own lane and nothing else", async () => {
  const w = world({ partitions: 2 });
  const handled: string[] = [];
  w.append("bad", "fine");
  const running = w.start(
    consume(
      leased(w, () => ({ takeover: "unclean" })),
      { ordering: "none" },
    ).pipe(
      decode(text()),
      handle((value) => {
        if (value === "bad") throw new Error("not yet");
        handled.push(value);
      }),
      retry({ attempts: 5, backoff: constant(3_600_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  await w.clock.advance(60_000);
  expect(handled).toEqual(["fine"]);
  await running.stop();
});

test("G4: a suspect of a queue that waits for its retry holds its own lane and nothing else", async () => {
  const w = world();
  const queue = memoryQueue({ name: "jobs", clock: w.clock, visibilityTimeoutMs: 1_000 });
  queue.send([{ value: Buffer.from("bad") }]);
  for (let death = 0; death < 4; death++) {
    queue.lend(1);
    await w.clock.advance(1_001);
  }
  queue.send([{ value: Buffer.from("fine") }]);
  const handled: string[] = [];
  const controller = new AbortController();
  let ended = false;
  const report = run(
    consume(memoryQueueSource({ queue }), { ordering: "none" }).pipe(
      decode(text()),
      handle((value) => {
        if (value === "bad") throw new Error("not yet");
        handled.push(value);
      }),
      retry({ attempts: 5, backoff: constant(3_600_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    { clock: w.clock, signal: controller.signal },
  ).finally(() => (ended = true));
  await w.clock.advance(60_000);
  expect(handled).toEqual(["fine"]);
  controller.abort();
  await w.clock.runUntil(() => ended);
  await report;
});
