// What was wrong: run.fail() aborts the guilty delivery before it closes the feeds. When the handler is asynchronous the gate is not pumping, so the abort passes
// the lane on and the next message of the lane starts, although haltOnFailure (or class fatal) promised that nothing goes on without the failed one.
// Why: Run.fail calls feed.abort(delivery) and then stop(); Gate.release pumps in between. Mended so: stop first, then abort.
import { expect, test } from "vitest";
import { checkpoint, consume, decode, haltOnFailure, handle, text } from "../index.ts";
import { world } from "../testing/world.ts";

test.each(["partition", "key"] as const)(
  "G3: with haltOnFailure no later message of the lane (%s) starts after the failed one",
  async (ordering) => {
    const w = world();
    const seen: string[] = [];
    const running = w.start(
      consume(w.source(), { ordering }).pipe(
        decode(text()),
        handle(async (value) => {
          seen.push(value);
          await Promise.resolve();
          if (value === "b") throw new Error("no");
        }),
        haltOnFailure(),
        checkpoint(),
      ),
    );
    const outcome = running.report.catch((error: unknown) => error);
    w.append("k=a", "k=b", "k=c", "k=d");
    await w.clock.advance(60_000);
    expect(await outcome).toMatchObject({ code: "SPILLWAY_HALTED" });
    expect(seen).toEqual(["a", "b"]);
  },
);
