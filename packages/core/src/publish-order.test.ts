import { SpillwayError, type ItemResult, type OutgoingMessage, type Payload, type Sink } from "@spillway/spec";
import { memorySink } from "@spillway/memory";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, publish, retry, text } from "./index.ts";
import { textOf, world } from "./testing/world.ts";

/** A sink that notes each write, and ends the first one that holds "c" there, as its order says. */
function failingOnce(sink: Sink<Payload>, writes: string[][]): Sink<Payload> {
  const fail = (code: `SPILLWAY_${string}`): ItemResult => ({ ok: false, error: new SpillwayError("not now", { code }) });
  let hasFailed = false;
  return {
    ...sink,
    async write(messages, options) {
      writes.push(messages.map(({ value }) => textOf(value)));
      const failing = messages.findIndex(({ value }) => textOf(value) === "c");
      if (hasFailed || failing < 0) return await sink.write(messages, options);
      hasFailed = true;
      const before = await sink.write(messages.slice(0, failing), options);
      return [...before, fail("SPILLWAY_TEST"), ...messages.slice(failing + 1).map(() => fail("SPILLWAY_NOT_ATTEMPTED"))];
    },
  };
}

test.each(["write", "key"] as const)(
  "G3: messages of a lane under keys of their own are stored in the lane's order (sink of order %s)",
  async (order) => {
    const w = world();
    const sink = memorySink<Payload>({ order });
    const writes: string[][] = [];
    w.append("a", "b", "c", "d", "e");
    const toMessage = (value: string): OutgoingMessage<Payload> => ({ key: value, value: Buffer.from(value) });
    const running = w.start(
      consume(w.source(), { ordering: "partition" }).pipe(
        decode(text()),
        publish(failingOnce(sink, writes), toMessage, { lingerMs: 10 }),
        retry({ attempts: 3, backoff: constant(100) }),
        deadLetter(w.deadLetters),
        checkpoint(),
      ),
    );
    await w.clock.advance(2_000);
    expect(sink.messages.map(({ value }) => textOf(value))).toEqual(["a", "b", "c", "d", "e"]);
    // Only a sink that ends a write at a failure keeps the order of a lane whose messages have several keys.
    expect(writes).toEqual(
      order === "write"
        ? [
            ["a", "b", "c", "d", "e"],
            ["c", "d", "e"],
          ]
        : [["a"], ["b"], ["c"], ["c"], ["d"], ["e"]],
    );
    expect(await running.stop()).toMatchObject({ succeeded: 5, retries: 1 });
  },
);
