// What was wrong: in a careful start, a message that fails at a second stage leaves the turn while it waits for its retry; the next message of its lane takes the
// turn, passes the first stage and waits at the second behind the failed one. The retry waits for the turn, the turn for the lane: nothing goes on any more.
// Likewise when the retries of both were due while a third had the turn, and the later one was first in the queue for it.
// Found by the simulator (liveness; seeds 2 and 32059). Mended so: a retry takes the turn from a message that stands behind it in its lane, and of those that wait
// the first by its place is the next.
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, text } from "../index.ts";
import type { TrackedDelivery } from "../engine/tracked-delivery.ts";
import { WaitingRetries } from "../engine/waiting-retries.ts";
import { leased } from "../testing/leased.ts";
import { world } from "../testing/world.ts";

test.each(["key", "partition"] as const)("a retry is not kept from its turn by what waits behind it (ordering %s)", async (ordering) => {
  const w = world();
  const done: string[] = [];
  w.append("a=1", "a=2", "a=3", "b=4");
  const running = w.start(
    consume(
      leased(w, () => ({ takeover: "unclean" })),
      { ordering },
    ).pipe(
      decode(text()),
      handle((value) => value),
      handle((value, { attempt }) => {
        if (value === "1" && attempt === 1) throw new Error("not yet");
        done.push(value);
      }),
      retry({ attempts: 3, backoff: constant(500) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  await w.clock.advance(60_000);
  expect(done.filter((value) => value !== "4")).toEqual(["1", "2", "3"]);
  expect(done).toContain("4");
  expect(await running.stop()).toMatchObject({ succeeded: 4, retries: 1 });
});

test("of the retries that wait for the turn, the first by its place is the next", () => {
  const retries = new WaitingRetries();
  const order: number[] = [];
  const settled = { sequence: 1, settled: true };
  for (const delivery of [
    { sequence: 7, settled: false },
    settled,
    { sequence: 3, settled: false },
    { sequence: 0x3fff_fffe, settled: false },
  ]) {
    retries.add(delivery as unknown as TrackedDelivery, () => order.push(delivery.sequence));
  }
  for (let retry = retries.next(); retry !== undefined; retry = retries.next()) retry.go();
  expect(order).toEqual([0x3fff_fffe, 3, 7]);
});
