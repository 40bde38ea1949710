// What was wrong (1): a pipeline that begins while its breaker is open (a second pipeline, or the same one run again by a supervisor) rests for ever when the run that
// opened it has ended: the half-opening timer ended with that run, and BreakerGuard's constructor sets none.
// What was wrong (2): a probe that is aborted (its partition is lost) leaves the breaker half-open; what waits at the stage is not asked again until another message
// comes, and with ordering "partition" or all units taken none ever comes.
// Mended so: set a timer in the constructor; gaveUp of a probe tells the listeners.
import { expect, test } from "vitest";
import { breaker, checkpoint, constant, consume, deadLetter, decode, handle, retry, text } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { world } from "../testing/world.ts";

test("a pipeline that begins while its breaker is open goes on after openMs", async () => {
  const w = world();
  let down = true;
  const service = breaker({ name: "service", consecutiveFailures: 1, openMs: 10_000 });
  const handled: string[] = [];
  const build = () =>
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handle(
        (value) => {
          if (down) throw new Error("down");
          handled.push(value);
        },
        { breaker: service },
      ),
      retry({ attempts: 3, backoff: constant(60_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    );
  w.append("a");
  const first = w.start(build());
  await w.clock.advance(1_000);
  expect(service.state).toBe("open");
  await first.stop();
  down = false;
  const second = w.start(build());
  await w.clock.advance(600_000);
  await second.stop();
  expect(handled).toEqual(["a"]);
});

test("a probe that is aborted makes room for another one", async () => {
  const w = world({ partitions: 2 });
  const lost = new AbortController();
  const [zero, one] = w.log.partitions().map(({ id }) => id);
  const service = breaker({ name: "service", consecutiveFailures: 1, openMs: 10_000 });
  const handled: string[] = [];
  let calls = 0;
  const running = w.start(
    consume(
      leased(w, (index) => (index === 0 ? { drain: lost.signal, lost: lost.signal } : {})),
      { ordering: "partition" },
    ).pipe(
      handle(
        async (_value, { message }) => {
          if (++calls === 1) throw new Error("down");
          if (message.id.startsWith(String(zero))) await new Promise(() => {});
          handled.push(message.id.startsWith(String(one)) ? "one" : "zero");
        },
        { breaker: service },
      ),
      retry({ attempts: 3, backoff: constant(5_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("zero", "one");
  await w.clock.advance(9_000);
  expect(service.state).toBe("open");
  await w.clock.advance(2_000);
  lost.abort(new Error("lost"));
  await w.clock.advance(60_000);
  expect(handled).toEqual(["one"]);
  await running.stop();
});
