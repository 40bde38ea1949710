// What was wrong: run() waits without any bound for a source that does not listen to its signal: iterator.next(), and iterator.return() of an async generator that is
// suspended in an await. The drain deadline and the grace pass, leases stay held and renewed, and the process must be killed (G9; "no await that may wait
// without a signal"). The same holds for load, save, release and a queue's receive, ack, nack and extend: all of them trust the adapter.
// Mended so: reading is not waited for beyond the end of the session.
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, handle, type RunReport } from "../index.ts";
import { world } from "../testing/world.ts";

test("G9: a source that does not hear its signal does not keep a run from ending", async () => {
  const w = world();
  const controller = new AbortController();
  const source = {
    ...w.source(),
    async *read() {
      await new Promise<void>(() => {});
      yield { messages: [] };
    },
  };
  const running = w.start(
    consume(source, { ordering: "none" }).pipe(
      handle(() => undefined),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    { drainTimeoutMs: 1_000, signal: controller.signal },
  );
  await w.clock.advance(1_000);
  let report: RunReport | undefined;
  void running.report.then((ended) => (report = ended));
  controller.abort(new Error("the test stops it"));
  await w.clock.advance(60_000);
  expect(report).toMatchObject({ inFlight: 0 });
});
