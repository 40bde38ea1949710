// What was wrong: after a crash, the dead letter of a message that had killed the process waited for an earlier message of its key, where dead letters block keys; and
// that message's retry waited until the dead letter was written. Neither went on.
// Found by the simulator (liveness; seed 1249). Mended so: what a buried message follows does not wait for it.
import type { FencingToken } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, text } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { metadataOf, textOf, world } from "../testing/world.ts";

test("a message that killed the process does not hold up the retry of what its dead letter follows", async () => {
  const w = world();
  const signal = new AbortController().signal;
  const messages = ["first", "killer"].map((value) => ({ key: "k", value: Buffer.from(value) }));
  const [, killer] = w.log.append(messages);
  if (killer === undefined) throw new Error("two were appended");
  const { partition, position } = killer;
  const saved = { state: "reading", from: { at: "earliest" }, done: [], attempting: { position, crashes: 3 } } as const;
  await w.stores.checkpoints.save({ scope: "test/orders", partition }, saved, 1 as FencingToken, { signal });
  let attempts = 0;
  const source = leased(w, () => ({ token: 2, takeover: "unclean" }));
  const running = w.start(
    consume(source, { ordering: "key", crashLimit: 3 }).pipe(
      decode(text()),
      handle((value) => value),
      handle(() => {
        if (++attempts < 3) throw new Error("not yet");
      }),
      retry({ attempts: 10, backoff: constant(1_000) }),
      deadLetter(w.deadLetters, { keys: "dead-letter-until-cleared" }),
      checkpoint(),
    ),
  );
  await w.clock.advance(60_000);
  expect(attempts).toBe(3);
  expect(w.deadLetters.messages.map((letter) => [textOf(letter.value), metadataOf(letter).disposition])).toEqual([["killer", "crashed"]]);
  expect(await running.stop()).toMatchObject({ succeeded: 1, deadLettered: 1 });
});
