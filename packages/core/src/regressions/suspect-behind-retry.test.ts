// What was wrong: on a queue, a message that had been given out too often waits until nothing else is under way, to run alone. A message that waits for its retry counted as
// under way, so one that failed for a long time kept the suspect waiting, and with it everything behind it in the queue. G4.
// Found by the proof of FIFO groups on a real server. Mended so: what waits for a retry or a dead letter is not being attempted.
import { memoryQueue, memoryQueueSource } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, text } from "../index.ts";
import { world } from "../testing/world.ts";

test("G4: a message that fails for long does not keep one that must run alone, and those behind it, waiting", async () => {
  const w = world();
  const queue = memoryQueue({ name: "jobs", clock: w.clock });
  queue.send(["failing", "suspect", "fine"].map((value) => ({ value: Buffer.from(value) })));
  const { receive, ...rest } = memoryQueueSource({ queue });
  const passed: string[] = [];
  const running = w.start(
    consume(
      {
        ...rest,
        async receive(options) {
          const messages = await receive(options);
          return messages.map((message) =>
            Buffer.from(message.value ?? []).toString() === "suspect" ? { ...message, receiveCount: 5 } : message,
          );
        },
      },
      { ordering: "none", crashLimit: 3 },
    ).pipe(
      decode(text()),
      handle((value) => {
        if (value === "failing") throw new Error("not yet");
        passed.push(value);
      }),
      retry({ attempts: 1_000, backoff: constant(200) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  await w.clock.advance(10_000);
  expect(passed).toEqual(["suspect", "fine"]);
  await running.stop();
});
