// What was wrong: a message of a blocked key is failed through WorkStage.failed, which tells the breaker; its error is permanent, so it counts as a call
// that went well, although none was made: it ends a row of failures (the breaker never opens), and a half-open breaker closes without a probe.
// Mended so: it goes past the breaker.
import { SpillwayError } from "@spillway/spec";
import { expect, test } from "vitest";
import { breaker, checkpoint, constant, consume, deadLetter, handle, retry } from "../index.ts";
import { textOf, world } from "../testing/world.ts";

test("a message of a blocked key says nothing about the service behind a breaker", async () => {
  const w = world();
  const service = breaker({ name: "service", consecutiveFailures: 3, openMs: 3_600_000 });
  let calls = 0;
  const running = w.start(
    consume(w.source(), { ordering: "key" }).pipe(
      handle(
        (value) => {
          if (textOf(value) === "poison") throw new SpillwayError("bad", { code: "SPILLWAY_TEST", failureClass: "permanent" });
          calls++;
          throw new Error("down");
        },
        { breaker: service, concurrency: 1 },
      ),
      retry({ attempts: 2, backoff: constant(3_600_000) }),
      deadLetter(w.deadLetters, { keys: "dead-letter-until-cleared" }),
      checkpoint(),
    ),
    { drainTimeoutMs: 10 },
  );
  w.append("b=poison");
  await w.clock.advance(1_000);
  w.append("a=1", "b=x", "c=2", "b=x", "d=3", "b=x", "e=4", "b=x", "f=5");
  await w.clock.advance(1_000);
  expect(service.state).toBe("open");
  expect(calls).toBe(3);
  await running.stop();
});
