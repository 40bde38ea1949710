import { memorySink } from "@spillway/memory";
import type { Payload, Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, handleBatch, retry, text } from "./index.ts";
import { metadataOf, textOf, world } from "./testing/world.ts";

test("a batch handler that answers for another number of messages is asked again by halves, and what stays wrong has failed for good", async () => {
  const w = world();
  const sizes: number[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "none" }).pipe(
      decode(text()),
      handleBatch(
        (values) => {
          sizes.push(values.length);
          return ["an answer", "another", "and a third"];
        },
        { maxMessages: 2, lingerMs: 0 },
      ),
      retry({ attempts: 5, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a", "b");
  await w.clock.advance(1_000);
  expect(await running.stop()).toMatchObject({ succeeded: 0, deadLettered: 2, retries: 0 });
  expect(sizes[0]).toBe(2);
  expect(sizes.slice(1)).toContain(1);
  expect(w.deadLetters.messages.map((letter) => metadataOf(letter))).toMatchObject([
    { disposition: "permanent", error: { code: "SPILLWAY_RESULT_MISMATCH" } },
    { disposition: "permanent", error: { code: "SPILLWAY_RESULT_MISMATCH" } },
  ]);
});

test("a sink of dead letters that gives too few results has refused the letters without one: they are written again", async () => {
  const w = world();
  const collected = memorySink<Payload>();
  let answers = 0;
  const sink: Sink<Payload> = {
    ...collected,
    write: async (batch, options) => (answers++ === 0 ? [] : await collected.write(batch, options)),
  };
  const running = w.start(
    consume(w.source(), { ordering: "partition" }).pipe(
      handle(() => {
        throw new Error("no");
      }),
      deadLetter(sink),
      checkpoint(),
    ),
  );
  w.append("a");
  await w.clock.advance(100);
  expect(collected.messages).toEqual([]);
  await w.clock.advance(60_000);
  expect(collected.messages.map(({ value }) => textOf(value))).toEqual(["a"]);
  expect(w.events).toContainEqual(expect.objectContaining({ error: expect.objectContaining({ code: "SPILLWAY_RESULT_MISMATCH" }) }));
  expect(await running.stop()).toMatchObject({ deadLettered: 1, inFlight: 0 });
});
