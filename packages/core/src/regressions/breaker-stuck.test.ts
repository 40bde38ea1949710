// What was wrong (1): a pipeline that begins while its breaker is open (a second pipeline, or the same one run again by a supervisor) rests for ever when the run that
// opened it has ended: the half-opening timer ended with that run, and BreakerGuard's constructor sets none.
// What was wrong (2): a probe that is aborted (its partition is lost) leaves the breaker half-open; what waits at the stage is not asked again until another message
// comes, and with ordering "partition" or all units taken none ever comes.
// Mended so: set a timer in the constructor; gaveUp of a probe tells the listeners.
import type { Assigner, FencingToken, Lease, LogSource, Payload } from "@spillway/spec";
import { expect, test } from "vitest";
import { breaker, checkpoint, constant, consume, deadLetter, decode, handle, retry, text } from "../index.ts";
import { world, type World } from "../testing/world.ts";

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

function leasedTwice(w: World, lost: AbortSignal): LogSource<Payload, { kind: "log"; keys: true }> {
  const never = new AbortController().signal;
  const leases = w.log.partitions().map(({ id }, index): Lease => {
    const signal = index === 0 ? lost : never;
    return {
      partition: id,
      token: 1 as FencingToken,
      start: { at: "earliest" },
      takeover: "clean",
      drain: signal,
      lost: signal,
      release: async () => {},
    };
  });
  const assigner: Assigner = {
    async *leases({ signal }) {
      yield* leases;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  };
  return { ...w.source(), coordination: { by: "provider", consumer: "test", assigner, checkpoints: w.stores.checkpoints } };
}

test("a probe that is aborted makes room for another one", async () => {
  const w = world({ partitions: 2 });
  const lost = new AbortController();
  const [zero, one] = w.log.partitions().map(({ id }) => id);
  const service = breaker({ name: "service", consecutiveFailures: 1, openMs: 10_000 });
  const handled: string[] = [];
  let calls = 0;
  const running = w.start(
    consume(leasedTwice(w, lost.signal), { ordering: "partition" }).pipe(
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
