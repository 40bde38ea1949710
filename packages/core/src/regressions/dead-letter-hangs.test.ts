// What was wrong: a write of dead letters has no time limit (publish has one): a sink whose write never settles keeps its letters unsettled for ever, silently (no
// dead-letter-failed event; `stalled` is told only when nothing else of the feed ends), and four such writes stop all dead letters. G7: repeated, and visible.
// Mended so: a write fails after 60 s, is reported and repeated.
import type { Payload, Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, text } from "../index.ts";
import { textOf, world } from "../testing/world.ts";

test("G7: a dead letter whose write never settles is reported and written again", async () => {
  const w = world();
  let hung = 0;
  const aborted: boolean[] = [];
  const sink: Sink<Payload> = {
    ...w.deadLetters,
    write: (batch, options) => {
      if (hung++ > 0) return w.deadLetters.write(batch, options);
      options.signal.addEventListener("abort", () => aborted.push(true));
      return new Promise(() => {});
    },
  };
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle(() => {
        throw Object.assign(new Error("no"), { failureClass: "permanent" });
      }),
      deadLetter(sink),
      checkpoint(),
    ),
  );
  w.append("a");
  await w.clock.advance(120_000);
  expect(aborted).toEqual([true]);
  expect(w.events.some(({ type }) => type === "dead-letter-failed")).toBe(true);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["a"]);
  expect(await running.stop()).toMatchObject({ deadLettered: 1 });
  expect(w.clock.pending).toBe(0);
});
