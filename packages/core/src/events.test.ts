import { expect, test, vi } from "vitest";
import { checkpoint, consume, haltOnFailure, handle, logEvents } from "./index.ts";
import { world } from "./testing/world.ts";

test("G13: a listener whose promise rejects changes nothing and is counted, also a logger's behind logEvents", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const w = world();
  w.append("a");
  const rejects = (): unknown => Promise.reject(new Error("the collector is away"));
  const listeners = [rejects, logEvents({ debug: rejects, info: rejects, warn: rejects, error: rejects })];
  for (const onEvent of listeners) {
    const pipeline = consume(w.source(), { ordering: "none" }).pipe(
      handle(() => {}),
      haltOnFailure(),
      checkpoint(),
    );
    const running = w.start(pipeline, { onEvent });
    w.append("a");
    await w.clock.advance(2_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect((await running.stop()).listenerErrors).toBeGreaterThan(0);
  }
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
