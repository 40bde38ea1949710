// What was wrong: Feed.withThoseBehind does not see parked messages (PlaceState.parked, taken apart by the retry wheel). A message of a FIFO group that
// goes back to its queue at a later stage is overtaken by one of its group that was waiting for a short retry at an earlier stage. G3. The same after a lost receipt.
// Mended so: what is parked behind is taken out of the wheel and aborted too.
import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, retry, run, text, type Backoff } from "../index.ts";
import { virtualClock } from "../testing/virtual-clock.ts";

test("G3: what is parked behind a message that goes back to its queue does not overtake it", async () => {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", groups: true, clock });
  const order: string[] = [];
  const failed = new Set<string>();
  const controller = new AbortController();
  let ended = false;
  const asTheErrorSays: Backoff = { says: "as the error says", delayMs: ({ error }) => Number((error as Error).message) };
  const report = run(
    consume(memoryQueueSource({ queue }), { ordering: "key" }).pipe(
      decode(text()),
      handle(async (value) => {
        if (value !== "a2" || failed.has(value)) return value;
        failed.add(value);
        throw new Error("200");
      }),
      handle(async (value) => {
        await new Promise<void>((resolve) => void clock.schedule(50, resolve));
        if (value === "a1" && !failed.has(value)) {
          failed.add(value);
          throw new Error("1000");
        }
        order.push(value);
      }),
      retry({ attempts: 5, backoff: asTheErrorSays, giveBackAfterMs: 500 }),
      deadLetter(memorySink()),
      checkpoint(),
    ),
    { clock, signal: controller.signal },
  ).finally(() => (ended = true));
  queue.send(["a1", "a2", "a3"].map((each) => ({ key: "a", value: Buffer.from(each) })));
  await clock.advance(60_000);
  expect(order).toEqual(["a1", "a2", "a3"]);
  controller.abort();
  await clock.runUntil(() => ended);
  expect(await report).toMatchObject({ succeeded: 3, inFlight: 0 });
});
