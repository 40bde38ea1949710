// What was wrong: when a log had dropped messages and everything behind the gap was done already, no checkpoint was saved that was beyond the gap. The same loss was
// then told at every restart, until something new came.
// Found by the simulator, when its logs began to drop messages. Mended so: a loss is a reason to save.
import type { FencingToken } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, handle } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { world, type World } from "../testing/world.ts";

async function runOnce(w: World, token: number): Promise<void> {
  const running = w.start(
    consume(
      leased(w, () => ({ token })),
      { ordering: "none" },
    ).pipe(
      handle(() => undefined),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  await w.clock.advance(1_000);
  await running.stop();
}

test("a loss is told once, though all that is read behind it is done", async () => {
  const w = world();
  const signal = new AbortController().signal;
  const message = { key: undefined, value: Buffer.from("") };
  const [first, dropped, done] = w.log.append([message, message, message]);
  if (first === undefined || dropped === undefined || done === undefined) throw new Error("three were appended");
  const { partition } = done;
  const saved = {
    state: "reading",
    from: { at: "after", position: first.position },
    done: [done.position],
    attempting: undefined,
  } as const;
  await w.stores.checkpoints.save({ scope: "test/orders", partition }, saved, 1 as FencingToken, { signal });
  w.log.trim(partition, dropped.position);
  await runOnce(w, 2);
  await runOnce(w, 3);
  expect(w.events.filter(({ type }) => type === "messages-lost")).toHaveLength(1);
});
