import { expect, test } from "vitest";
import { checkpoint, consume, explain, haltOnFailure, handle } from "./index.ts";
import { world } from "./testing/world.ts";

test.each([
  ["return at once", () => undefined],
  ["resolve at once", () => Promise.resolve()],
])("handlers that %s: whoever looks sees all that has ended, although it is settled together", async (_name, answer) => {
  const w = world();
  w.append("0", "1", "2", "3", "4");
  const seen: unknown[] = [];
  const look = (): void => {
    const { counts, feeds } = explain(pipeline);
    const [feed] = feeds;
    const { watermark } = feed ?? {};
    const { succeeded } = counts ?? {};
    seen.push([succeeded, feed?.unsettled, feed?.unsaved, watermark?.at === "after" ? watermark.position : watermark?.at]);
  };
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(
    handle(
      () => {
        look();
        return answer();
      },
      { concurrency: 1 },
    ),
    haltOnFailure(),
    checkpoint(),
  );
  const running = w.start(pipeline);
  await w.clock.advance(100);
  expect(seen).toEqual([
    [0, 5, 0, "earliest"],
    [1, 4, 1, "0"],
    [2, 3, 2, "1"],
    [3, 2, 3, "2"],
    [4, 1, 4, "3"],
  ]);
  expect(await running.stop()).toMatchObject({ delivered: 5, succeeded: 5, inFlight: 0 });
});

test("what ends out of its order is settled when what is before it has ended, and not earlier", async () => {
  const w = world();
  w.append("0", "1", "2", "3");
  const ends: (() => void)[] = [];
  const pipeline = consume(w.source(), { ordering: "none" }).pipe(
    handle(() => new Promise<void>((resolve) => ends.push(resolve))),
    haltOnFailure(),
    checkpoint({ everyMs: 10 }),
  );
  const running = w.start(pipeline);
  await w.clock.advance(1);
  const seen: unknown[] = [];
  for (const index of [1, 2, 0, 3]) {
    ends[index]?.();
    await w.clock.advance(20);
    const { watermark, unsettled } = explain(pipeline).feeds[0] ?? {};
    seen.push([unsettled, watermark?.at === "after" ? watermark.position : watermark?.at]);
  }
  expect(seen).toEqual([
    [3, "earliest"],
    [2, "earliest"],
    [1, "2"],
    [0, "3"],
  ]);
  expect(await running.stop()).toMatchObject({ succeeded: 4 });
});
