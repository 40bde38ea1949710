// What was wrong: when a partition is abandoned (lease lost, drain deadline), Feed.abandon aborts its deliveries one after another; each abort gives a unit or a lane
// back, and the stage beyond the gate at once starts another delivery of the same lost partition, which is aborted a moment later. G8: no attempt starts.
// Why: release happens before the others are marked ended. Mended so: mark all as ended first, then release.
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, expand, handle, handleBatch, retry, text } from "../index.ts";
import { leased } from "../testing/leased.ts";
import { world } from "../testing/world.ts";

test.each([
  ["none", 1],
  ["key", 8],
] as const)(
  "G8: after the partition is lost no attempt starts at a later stage (ordering %s, concurrency %i)",
  async (ordering, concurrency) => {
    const w = world();
    const lost = new AbortController();
    const afterLoss: string[] = [];
    const running = w.start(
      consume(
        leased(w, () => ({ drain: lost.signal, lost: lost.signal })),
        { ordering },
      ).pipe(
        decode(text()),
        handle(async (value) => value),
        handle(
          (value) => {
            if (lost.signal.aborted) afterLoss.push(value);
            return new Promise<void>(() => {});
          },
          { concurrency },
        ),
        deadLetter(w.deadLetters),
        checkpoint(),
      ),
    );
    w.append("k=a", "k=b", "k=c");
    await w.clock.advance(100);
    lost.abort(new Error("lost"));
    await w.clock.advance(100);
    await running.stop();
    expect(afterLoss).toEqual([]);
  },
);

test("G8: after the partition is lost no child starts", async () => {
  const w = world();
  const lost = new AbortController();
  const afterLoss: string[] = [];
  const running = w.start(
    consume(
      leased(w, () => ({ drain: lost.signal, lost: lost.signal })),
      { ordering: "none" },
    ).pipe(
      decode(text()),
      expand((value) => value.split(",")),
      handle(
        (value) => {
          if (lost.signal.aborted) afterLoss.push(value);
          return new Promise<void>(() => {});
        },
        { concurrency: 1 },
      ),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a,b,c", "d,e");
  await w.clock.advance(100);
  lost.abort(new Error("lost"));
  await w.clock.advance(100);
  await running.stop();
  expect(afterLoss).toEqual([]);
});

test("G8: after the partition is lost no batch starts", async () => {
  const w = world();
  const lost = new AbortController();
  const afterLoss: string[] = [];
  const running = w.start(
    consume(
      leased(w, () => ({ drain: lost.signal, lost: lost.signal })),
      { ordering: "key" },
    ).pipe(
      decode(text()),
      handleBatch(
        (values: readonly string[]) => {
          if (lost.signal.aborted) afterLoss.push(...values);
          if (values.includes("a")) throw Object.assign(new Error("later"), { failureClass: "transient" });
        },
        { maxMessages: 1, lingerMs: 0 },
      ),
      retry({ attempts: 5, backoff: constant(60_000) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("k=a", "k=b", "k=c");
  await w.clock.advance(100);
  lost.abort(new Error("lost"));
  await w.clock.advance(100);
  await running.stop();
  expect(afterLoss).toEqual([]);
});
