import { memorySink } from "@spillway/memory";
import type { Lease, Payload, Sink } from "@spillway/spec";
import { expect, test, vi } from "vitest";
import { breaker, checkpoint, constant, consume, deadLetter, decode, explain, handle, handleBatch, publish, retry, text } from "./index.ts";
import { leased, leasesOf } from "./testing/leased.ts";
import { world } from "./testing/world.ts";

test("an open breaker rests the intake and uses no attempts; a good probe closes it", async () => {
  const w = world();
  let down = true;
  let calls = 0;
  const service = breaker({ name: "service", consecutiveFailures: 3, openMs: 10_000 });
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(
    handle(
      () => {
        calls++;
        if (down) throw new Error("the service is down");
      },
      { breaker: service, concurrency: 1 },
    ),
    retry({ attempts: 3, backoff: constant(100) }),
    deadLetter(w.deadLetters),
    checkpoint(),
  );
  const running = w.start(pipeline);
  w.append(...Array.from({ length: 50 }, (_, index) => String(index)));
  await w.clock.advance(5_000);
  expect(service.state).toBe("open");
  expect(calls).toBe(3);
  expect(explain(pipeline).gates).toEqual([{ gate: "breaker", says: 'the breaker "service" is open' }]);
  await w.clock.advance(60_000);
  expect(calls).toBeLessThanOrEqual(3 + 7);
  down = false;
  await w.clock.advance(20_000);
  expect(service.state).toBe("closed");
  expect(w.events.flatMap((event) => (event.type === "breaker" ? [event.state] : [])).slice(0, 3)).toEqual(["open", "half-open", "open"]);
  expect(w.deadLetters.messages).toHaveLength(0);
  expect(await running.stop()).toMatchObject({ succeeded: 50 });
});

test("a breaker opens by ratio, guards batches too, and stopping does not wait for it", async () => {
  const w = world();
  const service = breaker({
    name: "service",
    consecutiveFailures: Number.POSITIVE_INFINITY,
    failureRatio: 0.5,
    window: 4,
    openMs: 3_600_000,
  });
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      handleBatch(
        () => {
          throw Object.assign(new Error("down"), { failureClass: "transient" });
        },
        { breaker: service, maxMessages: 2, concurrency: 1 },
      ),
      retry({ attempts: 100, backoff: constant(100) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    { drainTimeoutMs: 5_000 },
  );
  w.append(...Array.from({ length: 20 }, (_, index) => `k${index}=${index}`));
  await w.clock.advance(10_000);
  expect(service.state).toBe("open");
  const report = await running.stop();
  expect(report).toMatchObject({ succeeded: 0, deadLettered: 0, inFlight: 0, aborted: 20 });
});

test.each<[string, () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("the gauge is broken");
    },
  ],
  ["rejects", () => Promise.reject(new Error("the gauge is broken"))],
])("G13: a listener of a breaker that %s changes nothing, and the others hear of the change", async (_name, listener) => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const w = world();
  const service = breaker({ name: "service", consecutiveFailures: 1, openMs: 1_000 });
  service.onChange(listener);
  const heard: string[] = [];
  service.onChange((state) => void heard.push(state));
  let down = true;
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      handle(
        async () => {
          if (down) throw new Error("down");
        },
        { breaker: service },
      ),
      retry({ attempts: 3, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a");
  await w.clock.advance(500);
  down = false;
  await w.clock.advance(5_000);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", unhandled);
  expect(heard).toEqual(["open", "half-open", "closed"]);
  expect(unhandled).not.toHaveBeenCalled();
  expect(await running.stop()).toMatchObject({ succeeded: 1, deadLettered: 0 });
});

test("a sink behind an open breaker is not written to; a good probe closes it, and no message has used an attempt meanwhile", async () => {
  const w = world();
  let down = true;
  let writes = 0;
  const charged = memorySink<Payload>();
  const sink: Sink<Payload> = {
    ...charged,
    async write(...call) {
      writes++;
      if (down) throw new Error("no route to host");
      return await charged.write(...call);
    },
  };
  const service = breaker({ name: "charged", consecutiveFailures: 2, openMs: 10_000 });
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      publish(sink, (value) => ({ value: Buffer.from(value) }), { breaker: service, concurrency: 1 }),
      retry({ attempts: 3, backoff: constant(100) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=a");
  await w.clock.advance(1_000);
  w.append("l=b", "k=c");
  await w.clock.advance(8_000);
  expect({ state: service.state, writes }).toEqual({ state: "open", writes: 2 });
  await w.clock.advance(50_000);
  down = false;
  await w.clock.advance(20_000);
  expect(service.state).toBe("closed");
  expect(charged.messages).toHaveLength(3);
  expect(await running.stop()).toMatchObject({ succeeded: 3, deadLettered: 0 });
});

test("a breaker stays open over a rebalance: a partition that comes meanwhile is not attempted until the probe, and then both go on", async () => {
  const w = world({ partitions: 2 });
  const lost = new AbortController();
  let giveAgain: (leases: readonly Lease[]) => void = () => {};
  const again = new Promise<readonly Lease[]>((resolve) => (giveAgain = resolve));
  const service = breaker({ name: "service", consecutiveFailures: 1, openMs: 30_000 });
  let down = true;
  const called: number[] = [];
  const startedMs = w.clock.nowMs();
  const running = w.start(
    consume(
      leased(w, (index) => (index === 0 ? { drain: lost.signal, lost: lost.signal } : {}), again),
      { ordering: "partition" },
    ).pipe(
      decode(text()),
      handle(
        () => {
          called.push(w.clock.nowMs() - startedMs);
          if (down) throw new Error("down");
        },
        { breaker: service },
      ),
      retry({ attempts: 2, backoff: constant(1_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append(...Array.from({ length: 10 }, (_, index) => `k${index}=${index}`));
  await w.clock.advance(5_000);
  expect(called).toEqual([0]);
  lost.abort(new Error("lost"));
  giveAgain(leasesOf(w, () => ({ token: 2 })).slice(0, 1));
  await w.clock.advance(20_000);
  expect(w.events.filter(({ type }) => type === "partition-gained")).toHaveLength(3);
  expect({ state: service.state, called }).toEqual({ state: "open", called: [0] });
  down = false;
  await w.clock.advance(30_000);
  expect(service.state).toBe("closed");
  const report = await running.stop();
  expect(report).toMatchObject({ succeeded: 10, deadLettered: 0, inFlight: 0 });
  expect(report.aborted).toBeGreaterThan(0);
});
