import type { Message, OutgoingMessage, Payload, Sink } from "@spillway/spec";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, expand, handle, publish, retry, text, type PublishContext } from "./index.ts";
import { textOf, world } from "./testing/world.ts";

/** A sink that remembers which message each of its messages was made of. */
function witness(): Sink<Payload> & { readonly madeOf: (readonly [string, Message<unknown> | undefined])[] } {
  const madeOf: (readonly [string, Message<unknown> | undefined])[] = [];
  return {
    madeOf,
    name: "witness",
    traits: { maxBatchSize: 10, order: "key" },
    write: (messages: readonly OutgoingMessage<Payload>[]) => {
      for (const { value, sourceMessage } of messages) madeOf.push([textOf(value), sourceMessage]);
      return Promise.resolve(messages.map(() => ({ ok: true })));
    },
  };
}

test("a sink is told which message of the source a published message was made of, whatever toMessage says", async () => {
  const { clock, source, append, start, deadLetters } = world();
  const out = witness();
  const read: Message<unknown>[] = [];
  const another = { id: "another", key: undefined, value: null, headers: [], timestampMs: 0 };
  const toMessage = (value: string, { message }: PublishContext): OutgoingMessage<Payload> => {
    read.push(message);
    return { value: Buffer.from(value), id: "own", sourceMessage: another };
  };
  const running = start(
    consume(source(), { ordering: "none" }).pipe(decode(text()), publish(out, toMessage), deadLetter(deadLetters), checkpoint()),
  );
  append("a", "b");
  await clock.advance(10);
  expect(out.madeOf).toEqual([
    ["a", read[0]],
    ["b", read[1]],
  ]);
  expect(out.madeOf[0]?.[1]).toBe(read[0]);
  await running.stop();
});

test("children and dead letters are made of the message that was read", async () => {
  const { clock, source, append, start } = world();
  const out = witness();
  const dead = witness();
  const running = start(
    consume(source(), { ordering: "none" }).pipe(
      decode(text()),
      expand((value) => value.split(",")),
      handle((child) => {
        if (child === "bad") throw new Error("no");
        return child;
      }),
      publish(out, (value) => ({ value: Buffer.from(value) })),
      retry({ attempts: 1, backoff: constant(0) }),
      deadLetter(dead),
      checkpoint(),
    ),
  );
  append("a,bad", "b");
  await clock.advance(10);
  const read = ({ madeOf }: typeof out): readonly unknown[] => madeOf.map(([value, made]) => [value, textOf(made?.value as Payload)]);
  expect(read(out)).toEqual([
    ["a", "a,bad"],
    ["b", "b"],
  ]);
  expect(read(dead)).toEqual([["bad", "a,bad"]]);
  await running.stop();
});
