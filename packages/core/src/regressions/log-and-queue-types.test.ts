// What was wrong: consumeAll with a log and a queue, the mixture that it is for, does not compile without spelling its type argument out: S is inferred from the first
// source alone. (Checked by tsc, not by vitest.) Mended so: infer the list, and take the sources' types from it.
import { memoryQueue, memoryQueueSource } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, consumeAll, deadLetter, decode, handle, text } from "../index.ts";
import { world } from "../testing/world.ts";

test("a log and a queue are read together, and their orderings are what both can keep", async () => {
  const w = world();
  const queue = memoryQueue({ name: "jobs", groups: true, clock: w.clock });
  const handled: string[] = [];
  const running = w.start(
    consumeAll([{ source: w.source() }, { source: memoryQueueSource({ queue }), priority: 1 }], { ordering: "key" }).pipe(
      decode(text()),
      handle((value) => void handled.push(value)),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=log");
  queue.send([{ key: "k", value: Buffer.from("queue") }]);
  await w.clock.advance(1_000);
  expect(handled.toSorted()).toEqual(["log", "queue"]);
  expect(await running.stop()).toMatchObject({ succeeded: 2 });
});
