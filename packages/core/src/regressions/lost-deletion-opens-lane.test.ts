// What was wrong: when the deletion of a message that was done came too late (its receipt was lost), the message was aborted, and with it what was under way
// behind it in its group; and so the next one of the group, which waited at the gate, started before those. G3.
// Found by the simulator (seed 1192). Mended so: a message that has left all stages stands before nobody, and is aborted alone.
import { memoryQueue, memoryQueueSource, memorySink } from "@spillway/memory";
import { SpillwayError, type ItemResult } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, run, text } from "../index.ts";
import { virtualClock } from "../testing/virtual-clock.ts";

test("G3: a message whose deletion comes too late does not take down what follows it in its group", async () => {
  const clock = virtualClock();
  const queue = memoryQueue({ name: "jobs", groups: true, clock });
  const source = memoryQueueSource({ queue });
  const lost: ItemResult = { ok: false, error: new SpillwayError("somebody else has it", { code: "SPILLWAY_RECEIPT_LOST" }) };
  queue.send(["1", "2", "3"].map((value) => ({ key: "a", value: Buffer.from(value), headers: [] })));
  const seen: string[] = [];
  let deletions = 0;
  const controller = new AbortController();
  let ended = false;
  const report = run(
    consume(
      {
        ...source,
        ack: async (receipts, options) => {
          deletions++;
          await new Promise<void>((resolve) => void clock.schedule(50, resolve));
          return deletions === 1 ? receipts.map(() => lost) : await source.ack(receipts, options);
        },
      },
      { ordering: "key" },
    ).pipe(
      decode(text()),
      handle(async (value) => {
        seen.push(`${value} starts`);
        if (value !== "1") await new Promise<void>((resolve) => void clock.schedule(1_000, resolve));
        seen.push(`${value} ends`);
      }),
      deadLetter(memorySink()),
      checkpoint(),
    ),
    { clock, signal: controller.signal },
  ).finally(() => (ended = true));
  await clock.advance(5_000);
  expect(seen.slice(0, 6)).toEqual(["1 starts", "1 ends", "2 starts", "2 ends", "3 starts", "3 ends"]);
  controller.abort();
  await clock.runUntil(() => ended);
  expect(await report).toMatchObject({ delivered: 4, succeeded: 3, aborted: 1 });
});
