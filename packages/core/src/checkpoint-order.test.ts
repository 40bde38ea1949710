import { memorySource } from "@spillway/memory";
import type { CheckpointStore, LogMessage } from "@spillway/spec";
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkpoint, constant, consume, deadLetter, decode, handle, retry, text } from "./index.ts";
import { seededRandom } from "./testing/virtual-clock.ts";
import { world } from "./testing/world.ts";

const count = 100;

test("G2: no save passes a message that is not settled, none is older than the one before it, and one is under way at a time, however slow and faulty handlers and store are", async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), run), { numRuns: 30 });
});

async function run(seed: number): Promise<void> {
  const w = world({ seed });
  const random = seededRandom(seed);
  const delay = (limitMs: number): Promise<void> => new Promise((resolve) => w.clock.schedule(Math.floor(random() * limitMs), resolve));
  const numbers = new Map<string, number>();
  const settled = new Set<number>();
  const violations: string[] = [];
  const { checkpoints } = w.stores;
  let saving = false;
  let saves = 0;
  let last = -1;

  const store: CheckpointStore = {
    ...checkpoints,
    load: (...call) => checkpoints.load(...call),
    async save(key, state, ...call) {
      if (saving) violations.push("two saves are under way");
      saving = true;
      saves += 1;
      if (state.state === "reading") {
        const watermark = state.from.at === "after" ? (numbers.get(state.from.position) ?? -1) : -1;
        for (let number = 0; number <= watermark; number += 1) if (!settled.has(number)) violations.push(`${watermark} passes ${number}`);
        for (const position of state.done) if (!settled.has(numbers.get(position) ?? -1)) violations.push(`${position} is not done`);
        if (watermark < last) violations.push(`${watermark} is saved after ${last}`);
        last = watermark;
      }
      await delay(300);
      saving = false;
      if (random() < 0.4) throw new Error("the store fails");
      await checkpoints.save(key, state, ...call);
    },
  };
  const running = w.start(
    consume(memorySource({ log: w.log, consumer: "test", stores: { ...w.stores, checkpoints: store } }), { ordering: "none" }).pipe(
      decode(text()),
      handle(
        async (value, { message }) => {
          numbers.set((message as LogMessage<unknown>).position, Number(value));
          await delay(200);
          if (random() < 0.2) throw new Error("not yet");
          settled.add(Number(value));
        },
        { concurrency: 10 },
      ),
      retry({ attempts: 100, backoff: constant(50) }),
      deadLetter(w.deadLetters),
      checkpoint({ everyMessages: 3, everyMs: 100 }),
    ),
  );
  w.append(...Array.from({ length: count }, (_, index) => String(index)));
  await w.clock.advance(60_000);
  await running.stop();
  expect(violations).toEqual([]);
  expect(saves).toBeGreaterThan(1);
  expect(last).toBe(count - 1);
}
