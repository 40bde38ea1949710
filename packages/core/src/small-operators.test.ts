import { tap } from "rxjs";
import { expect, test } from "vitest";
import {
  checkpoint,
  classify,
  constant,
  consume,
  deadLetter,
  decode,
  expand,
  filter,
  handle,
  map,
  retry,
  text,
  when,
  type Rule,
  type Stage,
} from "./index.ts";
import { metadataOf, textOf, world } from "./testing/world.ts";

/** Runs "bad" and "fine" through a stage, with one retry of what is transient. */
async function through(stage: Stage<string, string>) {
  const w = world();
  const seen: string[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "partition" }).pipe(
      decode(text()),
      stage,
      handle((value) => void seen.push(value)),
      retry({ attempts: 2, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("bad", "fine");
  await w.clock.advance(1_000);
  const report = await running.stop();
  const letters = w.deadLetters.messages.map((letter) => ({ value: textOf(letter.value), ...metadataOf(letter) }));
  return { seen, report, letters };
}

function throwAt(value: string): void {
  if (value === "bad") throw new Error("cannot be done");
}

test("a map that throws has failed its message, which is tried again and then dead-lettered; the next one passes", async () => {
  const { seen, report, letters } = await through(
    map((value) => {
      throwAt(value);
      return value.toUpperCase();
    }),
  );
  expect(seen).toEqual(["FINE"]);
  expect(report).toMatchObject({ succeeded: 1, deadLettered: 1, filtered: 0, retries: 1 });
  expect(letters).toMatchObject([{ value: "bad", disposition: "exhausted", attempts: 2, error: { message: "cannot be done" } }]);
  expect(letters[0]?.stage).toBe("map");
});

test("a filter that throws has failed its message, and has not turned it away", async () => {
  const { seen, report, letters } = await through(
    filter((value) => {
      throwAt(value);
      return true;
    }, "never"),
  );
  expect(seen).toEqual(["fine"]);
  expect(report).toMatchObject({ succeeded: 1, deadLettered: 1, filtered: 0, retries: 1 });
  expect(letters).toMatchObject([{ value: "bad", disposition: "exhausted", error: { message: "cannot be done" } }]);
});

test("a message that a filter turns away is counted as filtered, and no later stage sees it", async () => {
  const { seen, report, letters } = await through(filter((value) => value !== "bad", "is bad"));
  expect(seen).toEqual(["fine"]);
  expect(letters).toEqual([]);
  expect(report).toMatchObject({ succeeded: 1, filtered: 1 });
});

async function classified(...rules: readonly Rule[]) {
  const w = world();
  const running = w.start(
    consume(w.source(), { ordering: "partition" }).pipe(
      handle(() => {
        throw new RangeError("out of range");
      }),
      classify(...rules),
      retry({ attempts: 3, backoff: constant(10) }),
      deadLetter(w.deadLetters),
      checkpoint(),
    ),
  );
  w.append("a");
  await w.clock.advance(1_000);
  await running.stop();
  return w.deadLetters.messages.map((letter) => metadataOf(letter)).map(({ disposition, attempts }) => ({ disposition, attempts }));
}

const broken: Rule = () => {
  throw new Error("a bug in the rule");
};

test.each<[string, readonly Rule[], string, number]>([
  ["the first rule that knows the error wins", [when(RangeError, "permanent"), when(Error, "transient")], "permanent", 1],
  ["also when the other one would be more exact", [when(Error, "transient"), when(RangeError, "permanent")], "exhausted", 3],
  [
    "a rule that does not know the error leaves it to the next",
    [when(TypeError, "transient"), when(RangeError, "permanent")],
    "permanent",
    1,
  ],
  ["a rule that throws leaves it to the next", [broken, when(RangeError, "permanent")], "permanent", 1],
  ["without a rule that knows it, an error is transient", [broken, when(TypeError, "permanent")], "exhausted", 3],
])("classify: %s", async (_name, rules, disposition, attempts) => {
  expect(await classified(...rules)).toEqual([{ disposition, attempts }]);
});

test("whoever looks at what a pipeline emits is told why a message was filtered, and no reason where it was not", async () => {
  const w = world();
  const told: unknown[] = [];
  const running = w.start(
    consume(w.source(), { ordering: "partition" }).pipe(
      decode(text()),
      filter((value) => value !== "empty", "empty order"),
      filter((value) => value !== "late", "too late"),
      expand((value) => (value === "none" ? [] : [value])),
      handle((value) => {
        if (value === "bad") throw new Error("it is bad");
      }),
      deadLetter(w.deadLetters),
      checkpoint(),
      tap(({ message: { id }, outcome, reason }) => told.push([id, outcome, reason])),
    ),
  );
  w.append("empty", "late", "none", "bad", "fine");
  await w.clock.advance(1_000);
  expect(told.toSorted()).toEqual([
    ["orders-0/0", "filtered", "empty order"],
    ["orders-0/1", "filtered", "too late"],
    ["orders-0/2", "filtered", "no children"],
    ["orders-0/3#0", "dead-lettered", undefined],
    ["orders-0/4#0", "succeeded", undefined],
  ]);
  expect(await running.stop()).toMatchObject({ filtered: 3 });
});
