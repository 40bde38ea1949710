// What was wrong: a batch that waits at an open breaker is not looked at again: when the breaker half-opens it runs with messages that were aborted meanwhile (partition
// lost, drained), under a signal that never aborts (Flight listens to feeds that have aborted already). G8. And a stop waits for it until the drain deadline,
// although a handler's message that waits there is given back at once (Feed.abortWaiting).
// Mended so: what waits for the breaker is marked as waiting, and a batch goes without what has ended.
import { expect, test } from "vitest";
import { breaker, checkpoint, constant, consume, deadLetter, decode, handleBatch, retry, text } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { world } from "../testing/world.ts";

test("G8: a batch that waited for the breaker runs without the messages of a lost partition", async () => {
  const w = world({ partitions: 2 });
  const lost = new AbortController();
  const zero = String(w.log.partitions()[0]?.id);
  const service = breaker({ name: "service", consecutiveFailures: 1, openMs: 10_000 });
  let down = true;
  const ran: boolean[] = [];
  const running = w.start(
    consume(
      leased(w, (index) => (index === 0 ? { drain: lost.signal, lost: lost.signal } : {})),
      { ordering: "none" },
    ).pipe(
      decode(text()),
      handleBatch<string>(
        (_values, { messages }) => {
          if (down) throw Object.assign(new Error("down"), { failureClass: "transient" });
          ran.push(...messages.map(({ id }) => id.startsWith(zero)));
        },
        { breaker: service, maxMessages: 2, lingerMs: 0, concurrency: 4 },
      ),
      retry({ attempts: 100, backoff: constant(1_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a", "b", "c", "d", "e", "f");
  await w.clock.advance(5_000);
  expect(service.state).toBe("open");
  lost.abort(new Error("lost"));
  down = false;
  await w.clock.advance(60_000);
  expect(ran).toEqual([false, false, false]);
  expect(await running.stop()).toMatchObject({ succeeded: 3, aborted: 3 });
});

test("a stop gives back at once what waits in batches for an open breaker", async () => {
  const w = world();
  const service = breaker({ name: "service", consecutiveFailures: 1, openMs: 3_600_000 });
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handleBatch<string>(
        () => {
          throw Object.assign(new Error("down"), { failureClass: "transient" });
        },
        { breaker: service, maxMessages: 2, lingerMs: 0, concurrency: 4 },
      ),
      retry({ attempts: 100, backoff: constant(100) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    { drainTimeoutMs: 20_000 },
  );
  w.append("a", "b", "c", "d");
  await w.clock.advance(5_000);
  const before = w.clock.nowMs();
  await running.stop();
  expect(w.clock.nowMs() - before).toBeLessThan(20_000);
});
