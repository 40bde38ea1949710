// What was wrong: run() resolves when the stream completes, but an operator such as take(n) completes it from below while sources are still being abandoned: run()
// then resolves before checkpoints are saved and leases released, with a report whose messages are still in flight; the caller's process.exit loses the save.
// Its doc says "resolves after everything that had started was finished or given back". Mended so: wait for the intakes either way.
import { expect, test } from "vitest";
import { take } from "rxjs";
import { checkpoint, consume, deadLetter, decode, handle, text } from "../index.ts";
import { world } from "../testing/world.ts";

test("a run that take() ends has saved and given back everything when it resolves", async () => {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle(async (value) => {
        await new Promise<void>((resolve) => void w.clock.schedule(Number(value), resolve));
      }),
      deadLetter(w.deadLetters),
      checkpoint(),
      take(3),
    ),
  );
  w.append("1", "2", "3", "1000", "1000");
  const signal = new AbortController().signal;
  const owners = running.report.then(async () => (await w.stores.leases.list("test/orders", { signal })).map(({ owner }) => owner));
  await w.clock.advance(60_000);
  expect(await running.report).toMatchObject({ delivered: 5, succeeded: 3, aborted: 2, inFlight: 0, checkpoints: 1 });
  expect(new Set(await owners)).toEqual(new Set([undefined]));
});
