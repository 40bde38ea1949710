// What was wrong: a message that had killed the process crashLimit times was on its way to the dead letters, and the next message of the partition was attempted meanwhile.
// Was that one a killer too, the process died before the dead letter was confirmed, with the other's name written down; the first one's deaths were forgotten, and so
// the two killed process after process for ever.
// Found by the simulator (liveness; seed 53242). Mended so: its deaths stay written down, and nothing else of its partition starts, until its dead letter is confirmed.
import type { Payload, Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, text } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { metadataOf, textOf, world } from "../testing/world.ts";

test("G12: two messages that kill the process are both found, also while dead letters are slow", async () => {
  const w = world();
  const slow: Sink<Payload> = {
    ...w.deadLetters,
    async write(messages, options) {
      await new Promise<void>((resolve) => void w.clock.schedule(200, resolve));
      return await w.deadLetters.write(messages, options);
    },
  };
  w.append("a=a", "b=killer 1", "c=killer 2", "d=d");
  const passed = new Set<string>();
  let deaths = 0;
  for (let process = 1; process <= 12; process++) {
    let dead = false;
    const mortal: Sink<Payload> = { ...slow, write: (messages, options) => (dead ? new Promise(() => {}) : slow.write(messages, options)) };
    const pipeline = consume(
      leased(w, () => ({ token: process, takeover: "unclean" })),
      { ordering: "key", crashLimit: 2 },
    ).pipe(
      decode(text()),
      handle((value) => {
        if (dead) return new Promise<void>(() => {});
        passed.add(value);
        if (!value.startsWith("killer")) return undefined;
        // From here on this process does nothing more: its later saves are refused by the next one's token.
        dead = true;
        deaths++;
        return new Promise<void>(() => {});
      }),
      deadLetter({
        ...mortal,
        write: async (messages, options) => {
          const results = await mortal.write(messages, options);
          return dead ? await new Promise<never>(() => {}) : results;
        },
      }),
      checkpoint({ everyMessages: 1, everyMs: 100 }),
    );
    w.start(pipeline, { drainTimeoutMs: 10 }).report.catch(() => {});
    await w.clock.advance(2_000);
  }
  const letters = w.deadLetters.messages.map((letter) => `${textOf(letter.value)} ${metadataOf(letter).disposition}`);
  expect(new Set(letters)).toEqual(new Set(["killer 1 crashed", "killer 2 crashed"]));
  expect(deaths).toBe(4);
  expect(passed).toContain("d");
});
