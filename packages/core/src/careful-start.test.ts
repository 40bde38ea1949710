import type { LogSource, Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, text } from "./index.ts";
import { leased } from "./testing/leased.ts";
import { metadataOf, textOf, world, type World } from "./testing/world.ts";

/** The world's log, its partitions always found as a crash left them. */
function afterCrash(w: World, token: number): LogSource<Payload, { kind: "log"; keys: true }> {
  return leased(w, () => ({ token, takeover: "unclean" }));
}

test("after a crash, one message at a time is attempted in the whole process, so that a death names one", async () => {
  const w = world({ partitions: 4 });
  for (let key = 0; key < 40; key++) w.append(`k${key}=${key}`);
  let running = 0;
  let most = 0;
  const pipeline = consume(afterCrash(w, 1), { ordering: "key" }).pipe(
    decode(text()),
    handle(async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => void w.clock.schedule(10, resolve));
      running--;
    }),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const started = w.start(pipeline);
  await w.clock.advance(3_000);
  expect(most).toBe(1);
  expect(await started.stop()).toMatchObject({ succeeded: 40 });
});

test("G12: a message that kills the process is found and dead-lettered without being run, and the others pass", async () => {
  const w = world();
  w.append("a=a", "b=b", "c=killer", "d=d", "e=e");
  const attempts: string[] = [];
  let deaths = 0;
  for (let process = 1; process <= 5; process++) {
    let dead = false;
    const pipeline = consume(afterCrash(w, process), { ordering: "key", crashLimit: 3 }).pipe(
      decode(text()),
      handle((value) => {
        if (dead) return new Promise<void>(() => {});
        attempts.push(value);
        if (value !== "killer") return undefined;
        // From here on this process does nothing more: its later saves are refused by the next one's token.
        dead = true;
        deaths++;
        return new Promise<void>(() => {});
      }),
      deadLetter(w.deadLetters),
      checkpoint({ everyMessages: 1, everyMs: 100 }),
    );
    w.start(pipeline, { drainTimeoutMs: 10 }).report.catch(() => {});
    await w.clock.advance(5_000);
  }
  expect(deaths).toBe(3);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["killer"]);
  expect(w.deadLetters.messages.map((letter) => metadataOf(letter).disposition)).toEqual(["crashed"]);
  expect(attempts.filter((value) => value !== "killer")).toEqual(["a", "b", "d", "e"]);
});
