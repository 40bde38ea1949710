// What was wrong: a message that waited for a breaker was attempted when that let it go, though a dead letter of its key had blocked it meanwhile: only what came to a
// stage was looked at, not what had waited there. G3.
// Found by the simulator (seed 328). Mended so: what a breaker lets go is looked at again.
import { SpillwayError } from "@spillway/spec";
import { expect, test } from "vitest";
import { breaker, checkpoint, constant, consume, deadLetter, decode, handle, handleBatch, retry, text } from "../index.ts";
import { textOf, world } from "../testing/world.ts";

function transient(): SpillwayError {
  return new SpillwayError("the service is down", { code: "SPILLWAY_TEST", failureClass: "transient" });
}

test.each(["handle", "handleBatch"] as const)(
  "G3: what waits for a breaker follows the dead letter that blocks its key meanwhile: %s",
  async (kind) => {
    const w = world();
    const service = breaker({ name: "service", consecutiveFailures: 1, openMs: 10_000 });
    let down = true;
    const called: string[] = [];
    const call = async (value: string): Promise<string> => {
      await new Promise<void>((resolve) => void w.clock.schedule(100, resolve));
      if (down) throw transient();
      called.push(value);
      return value;
    };
    const guarded = { breaker: service, concurrency: 8 };
    const running = w.start(
      consume(w.source(), { ordering: "key" }).pipe(
        decode(text()),
        handle((value: string) => value),
        kind === "handle"
          ? handle(call, guarded)
          : handleBatch((values: readonly string[]) => Promise.all(values.map(call)), { ...guarded, maxMessages: 1, lingerMs: 0 }),
        handle(async (value: string) => {
          await new Promise<void>((resolve) => void w.clock.schedule(5_000, resolve));
          if (value === "poison") throw new SpillwayError("it is poison", { code: "SPILLWAY_TEST", failureClass: "permanent" });
        }),
        retry({ attempts: 100, backoff: constant(100) }),
        deadLetter(w.deadLetters, { keys: "dead-letter-until-cleared" }),
        checkpoint(),
      ),
    );
    down = false;
    w.append("k=poison");
    await w.clock.advance(1_000);
    down = true;
    w.append("other=opens", "k=follows");
    await w.clock.advance(60_000);
    down = false;
    await w.clock.advance(60_000);
    expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["poison", "follows"]);
    expect(called).toEqual(["poison", "opens"]);
    expect(await running.stop()).toMatchObject({ succeeded: 1, deadLettered: 2, aborted: 0 });
  },
);
