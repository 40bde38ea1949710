// What was wrong: a message that had killed the process crashLimit times was on its way to the dead letters, and the next message of the partition was attempted meanwhile.
// Was that one a killer too, the process died before the dead letter was confirmed, with the other's name written down; the first one's deaths were forgotten, and so
// the two killed process after process for ever.
// Found by the simulator (liveness; seed 53242). Mended so: its deaths stay written down, and nothing else of its partition starts, until its dead letter is confirmed.
import type { Payload, Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, text } from "../index.ts";
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

// What was wrong: a checkpoint names one message as what the process died in, and keeps so many done positions as its store has room for. Behind a message that
// failed, and so held the watermark, two killers further away than that made each other forgotten: the first had become a dead letter, of which nothing was kept when
// the second killed the process. As a restart begins to count the first message's attempts anew, this went on for ever.
// Found by the simulator (liveness; seed 1005258). Mended so: the deaths of the first stay written down, and nothing else of its partition starts while something is under way, until a checkpoint says that it is done.
test("G12: two messages that kill the process are both found behind one that fails, also where checkpoints keep no done positions", async () => {
  const w = world();
  w.append("a=bad", "b=killer 1", "c=killer 2", "d=d");
  const passed = new Set<string>();
  let deaths = 0;
  for (let process = 1; process <= 12; process++) {
    let dead = false;
    const source = leased(w, () => ({ token: process, takeover: "unclean" }));
    const checkpoints = { ...w.stores.checkpoints, maxDone: 0 };
    const pipeline = consume({ ...source, coordination: { ...source.coordination, checkpoints } }, { ordering: "key", crashLimit: 2 }).pipe(
      decode(text()),
      handle((value) => {
        if (dead) return new Promise<void>(() => {});
        if (value === "bad") throw new Error("not now");
        passed.add(value);
        if (!value.startsWith("killer")) return undefined;
        dead = true;
        deaths++;
        return new Promise<void>(() => {});
      }),
      retry({ attempts: 3, backoff: constant(200) }),
      deadLetter(w.deadLetters),
      checkpoint({ everyMessages: 1, everyMs: 100 }),
    );
    w.start(pipeline, { drainTimeoutMs: 10 }).report.catch(() => {});
    await w.clock.advance(2_000);
  }
  const letters = w.deadLetters.messages.map((letter) => `${textOf(letter.value)} ${metadataOf(letter).disposition}`);
  expect(new Set(letters)).toEqual(new Set(["bad exhausted", "killer 1 crashed", "killer 2 crashed"]));
  expect(deaths).toBe(4);
  expect(passed).toContain("d");
});
