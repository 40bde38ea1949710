import { expect, test } from "vitest";
import {
  checkpoint,
  classify,
  consume,
  deadLetter,
  deadLetterBudget,
  decode,
  explain,
  handle,
  text,
  when,
  type DeadLetterBudgetOptions,
} from "./index.ts";
import { textOf, world, type World } from "./testing/world.ts";

/** A pipeline in which "malformed…" is permanent, "down…" runs out of attempts, and all else passes. */
function withBudget(w: World, ...options: readonly DeadLetterBudgetOptions[]) {
  return consume(w.source(), { ordering: "partition" }).pipe(
    decode(text()),
    handle((value) => {
      if (value.startsWith("malformed")) throw new TypeError("it has no total");
      if (value.startsWith("down")) throw new Error("no answer");
    }),
    classify(when(TypeError, "permanent")),
    deadLetter(w.deadLetters, { budget: options.map(deadLetterBudget) }),
    checkpoint(),
  );
}

test("a budget counts the dispositions that it names alone: the others neither add to a row nor end it", async () => {
  const w = world();
  const running = w.start(withBudget(w, { maxConsecutive: 2, dispositions: ["exhausted", "expired"] }));
  const outcome = running.report.catch((error: unknown) => error);
  const malformed = Array.from({ length: 50 }, (_, index) => `malformed${index}`);
  w.append(...malformed);
  await w.clock.advance(10_000);
  expect(w.deadLetters.messages).toHaveLength(50);
  w.append("down1", "malformed", "down2", "malformed", "down3", "after");
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({
    code: "SPILLWAY_DEAD_LETTER_BUDGET",
    message: expect.stringContaining("3 dead letters in a row"),
  });
  expect(w.deadLetters.messages.slice(50).map(({ value }) => textOf(value))).toEqual(["down1", "malformed", "down2", "malformed"]);
});

test("dispositions that a budget does not name are left out of its share", async () => {
  const w = world();
  const running = w.start(withBudget(w, { maxRatio: 0.4, window: 4, dispositions: ["exhausted"] }));
  const outcome = running.report.catch((error: unknown) => error);
  w.append("ok", "malformed", "malformed", "ok", "down1", "malformed", "malformed", "ok", "malformed", "ok", "ok");
  await w.clock.advance(10_000);
  expect(w.deadLetters.messages).toHaveLength(6);
  w.append("down2", "down3", "after");
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ message: expect.stringContaining("2 dead letters among the last 4 messages (at most 40%)") });
});

test("several budgets bound each disposition by itself: one rests the source, and the other stops the pipeline", async () => {
  const w = world();
  const pipeline = withBudget(
    w,
    { maxConsecutive: 2, dispositions: ["exhausted"] },
    { maxRatio: 0.5, window: 4, dispositions: ["permanent"], beyond: "hold", holdMs: 10_000 },
  );
  const running = w.start(pipeline);
  const outcome = running.report.catch((error: unknown) => error);
  w.append("malformed", "ok", "malformed", "down1", "malformed", "after");
  await w.clock.advance(1_000);
  expect(w.events.filter(({ type }) => type === "held")).toEqual([
    { type: "held", why: "3 dead letters among the last 4 messages (at most 50%)", forMs: 10_000 },
  ]);
  expect(explain(pipeline).gates).toMatchObject([{ gate: "budget" }]);
  await w.clock.advance(20_000);
  expect(w.deadLetters.messages.map(({ value }) => textOf(value))).toEqual(["malformed", "malformed", "down1", "malformed"]);
  w.append("down2", "malformed", "down3", "down4", "after");
  await w.clock.advance(60_000);
  expect(await outcome).toMatchObject({ code: "SPILLWAY_DEAD_LETTER_BUDGET", message: expect.stringContaining("3 dead letters in a row") });
  expect(w.deadLetters.messages.slice(4).map(({ value }) => textOf(value))).toEqual(["down2", "malformed", "down3"]);
});

test("a budget that rests the source begins anew by itself: what others have counted stays", async () => {
  const w = world();
  const running = w.start(
    withBudget(
      w,
      { maxConsecutive: 2, dispositions: ["exhausted"] },
      { maxConsecutive: 1, dispositions: ["permanent"], beyond: "hold", holdMs: 10_000 },
    ),
  );
  const outcome = running.report.catch((error: unknown) => error);
  w.append("down1", "down2", "malformed", "malformed");
  await w.clock.advance(20_000);
  expect(w.events.filter(({ type }) => type === "held" || type === "resumed")).toHaveLength(2);
  w.append("malformed", "down3");
  await w.clock.advance(60_000);
  expect(w.events.filter(({ type }) => type === "held")).toHaveLength(1);
  expect(await outcome).toMatchObject({ message: expect.stringContaining("3 dead letters in a row") });
});

test("explain says what each of several budgets does", () => {
  const { stages } = explain(
    withBudget(world(), { maxConsecutive: 2, dispositions: ["exhausted"] }, { maxRatio: 0.5, beyond: "hold", dispositions: ["decode"] }),
  );
  expect(stages.find(({ name }) => name === "deadLetter")?.says).toBe(
    'moves messages that have finally failed to "memory"; beyond 2 in a row, counting exhausted ones, the pipeline stops; beyond 50% of the last 100 messages, counting decode ones, the source rests for 60000 ms',
  );
});

test("explain names the dispositions that a budget counts", () => {
  const { stages } = explain(withBudget(world(), { maxConsecutive: 2, dispositions: ["exhausted", "expired"] }));
  expect(stages.find(({ name }) => name === "deadLetter")?.says).toBe(
    'moves messages that have finally failed to "memory"; beyond 2 in a row, counting exhausted and expired ones, the pipeline stops',
  );
});
