// What was wrong: PartitionSession.#offer tells of lost messages before it offers the page. A listener that stops the pipeline then ("stop when data was lost") closes the
// feed synchronously; the page is added to a closed feed, is never started and never aborted, and run() never ends (not at the deadline either).
// Mended so: a feed that is closed takes nothing.
import { expect, test } from "vitest";
import { checkpoint, consume, deadLetter, decode, handle, run, text, type RunReport } from "../index.ts";
import { world } from "../testing/world.ts";

test("a listener may stop the pipeline when it hears of lost messages", async () => {
  const w = world();
  const source = w.source();
  const controller = new AbortController();
  let report: RunReport | undefined;
  w.append("a", "b");
  void run(
    consume(
      {
        ...source,
        async *read(partition, options) {
          for await (const batch of source.read(partition, options)) yield { ...batch, lost: { count: 1, reason: "trimmed" } };
        },
      },
      { ordering: "none" },
    ).pipe(
      decode(text()),
      handle(() => undefined),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
    {
      clock: w.clock,
      signal: controller.signal,
      onEvent: ({ type }) => {
        if (type === "messages-lost") controller.abort();
      },
    },
  ).then((ended) => (report = ended));
  await w.clock.advance(600_000);
  expect(report).toMatchObject({ inFlight: 0 });
});
