// What was wrong: when a lease is lost, its drain signal aborts a moment before its lost signal. The drain aborted what waits for a retry, and the room that this left was
// given to messages that had not started: of a partition that was lost already. G8.
// Found by the simulator (seed 20692). Mended so: a drain whose reason is the loss is the loss.
import { SpillwayError } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, expand, handle, retry, text } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { world } from "../testing/world.ts";

test("G8: nothing starts when a lease is lost, also not in the room that a waiting retry leaves", async () => {
  const w = world();
  const drain = new AbortController();
  const lost = new AbortController();
  const started: string[] = [];
  w.append("a", "b");
  const running = w.start(
    consume(
      leased(w, () => ({ drain: drain.signal, lost: lost.signal })),
      { ordering: "none" },
    ).pipe(
      decode(text()),
      expand((value) => [`${value}1`, `${value}2`]),
      handle(
        (child) => {
          started.push(child);
          if (child === "a1") throw new Error("not yet");
          return new Promise<void>(() => {});
        },
        { concurrency: 1 },
      ),
      retry({ attempts: 3, backoff: constant(60_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  await w.clock.runUntil(() => started.length === 2);
  const reason = new SpillwayError("somebody else has it", { code: "SPILLWAY_LEASE_LOST" });
  drain.abort(reason);
  lost.abort(reason);
  await w.clock.advance(1_000);
  expect(started).toEqual(["a1", "a2"]);
  expect(await running.stop()).toMatchObject({ succeeded: 0, inFlight: 0 });
});
