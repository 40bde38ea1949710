// What was wrong: at a drain, a message that waits for its retry is aborted, its lane at that stage passes on, and the later messages of the lane that stand behind it
// there run and succeed. They go into the checkpoint's done list; the earlier one is delivered again after them: G3 is broken over the restart (and an
// effect that is kept by "position not after the last one of its key" loses the earlier message for good).
// Why: an abort releases the lane as a settlement does. Mended so: what stands behind an aborted message in its lane is aborted with it.
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, handleBatch, haltOnFailure, retry, text } from "../index.ts";
import { world } from "../testing/world.ts";

test.each(["handle", "handleBatch"] as const)(
  "G3: what stands behind a waiting message in its lane at %s does not overtake it over a restart",
  async (kind) => {
    const w = world();
    const order: string[] = [];
    let down = true;
    const attempt = (value: string): void => {
      if (value === "a" && down) throw Object.assign(new Error("not now"), { failureClass: "transient" });
      order.push(value);
    };
    const build = () => {
      const head = consume(w.source(), { ordering: "key" }).pipe(
        decode(text()),
        handle(async (value) => value),
      );
      if (kind === "handle")
        return head.pipe(handle(attempt), retry({ attempts: 5, backoff: constant(60_000) }), deadLetter(w.deadLetters), checkpoint());
      return head.pipe(
        handleBatch<string>((values) => values.forEach(attempt), { maxMessages: 1, lingerMs: 0 }),
        retry({ attempts: 5, backoff: constant(60_000) }),
        deadLetter(w.deadLetters),
        checkpoint(),
      );
    };
    w.append("k=a", "k=b", "k=c", "other=x");
    const first = w.start(build());
    await w.clock.advance(1_000);
    await first.stop();
    down = false;
    const second = w.start(build());
    await w.clock.advance(120_000);
    await second.stop();
    expect(order.filter((value) => value !== "x")).toEqual(["a", "b", "c"]);
  },
);

test("G3: with haltOnFailure what stands behind the failed message at a later stage does not go on", async () => {
  const w = world();
  const order: string[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      decode(text()),
      handle(async (value) => value),
      handle(async (value) => {
        await new Promise<void>((resolve) => void w.clock.schedule(10, resolve));
        if (value === "a") throw new Error("no");
        order.push(value);
      }),
      haltOnFailure(),
      checkpoint(),
    ),
  );
  const outcome = running.report.catch((error: unknown) => error);
  w.append("k=a", "k=b", "k=c");
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_HALTED" });
  expect(order).toEqual([]);
});
