import { expect, test } from "vitest";
import { z } from "zod";
import { bytes, checkpoint, constant, consume, deadLetter, decode, handle, json, orTombstone, retry, text, type Codec } from "./index.ts";
import { metadataOf, world } from "./testing/world.ts";
import type { Payload } from "@spillway/spec";

async function decoded<B>(codec: Codec<Payload, B>, ...payloads: readonly (Payload | string)[]) {
  const w = world();
  const values: B[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "partition" }).pipe(
      decode(codec),
      handle((value) => void values.push(value)),
      retry({ attempts: 5, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.log.append(payloads.map((value) => ({ value: typeof value === "string" ? Buffer.from(value) : value })));
  await w.clock.advance(5_000);
  const report = await running.stop();
  expect(report).toMatchObject({ delivered: payloads.length, retries: 0, inFlight: 0 });
  return { values, errors: w.deadLetters.messages.map((letter) => metadataOf(letter)), letters: w.deadLetters.messages };
}

test("JSON is decoded and checked by any Standard Schema", async () => {
  const { values, errors } = await decoded(json(z.object({ id: z.string() })), '{"id":"a"}', '{"id":1}');
  expect(values).toEqual([{ id: "a" }]);
  expect(errors).toMatchObject([
    { disposition: "decode", attempts: 1, error: { code: "SPILLWAY_DECODE_FAILED", message: expect.stringContaining("id:") } },
  ]);
});

test("a schema that checks asynchronously is waited for", async () => {
  const schema = z.string().refine(async (value) => value !== "no", "not this one");
  const { values, errors } = await decoded(json(schema), '"yes"', '"no"');
  expect(values).toEqual(["yes"]);
  expect(errors).toMatchObject([{ error: { message: expect.stringContaining("not this one") } }]);
});

test("G12: a tombstone, an empty payload and what is not JSON are three different things, each dead-lettered as it came", async () => {
  const { errors, letters } = await decoded(json(), null, "", "{", new Uint8Array([0xff, 0xfe]));
  expect(errors.map(({ error }) => error.code)).toEqual([
    "SPILLWAY_TOMBSTONE",
    "SPILLWAY_DECODE_FAILED",
    "SPILLWAY_DECODE_FAILED",
    "SPILLWAY_DECODE_FAILED",
  ]);
  expect(errors.map(({ error }) => error.message)).toEqual([
    expect.stringContaining("tombstone"),
    expect.stringContaining("empty"),
    expect.stringContaining("not JSON"),
    expect.stringContaining("not valid UTF-8"),
  ]);
  expect(letters.map(({ value }) => (value === null ? null : [...value]))).toEqual([null, [], [123], [0xff, 0xfe]]);
});

test("text and bytes take an empty payload, and orTombstone a tombstone", async () => {
  expect((await decoded(text(), "", "é")).values).toEqual(["", "é"]);
  expect((await decoded(bytes(), "", "a")).values.map((value) => value.byteLength)).toEqual([0, 1]);
  expect((await decoded(orTombstone(json()), null, "1")).values).toEqual([null, 1]);
});
