import fc from "fast-check";
import { expect, test } from "vitest";
import { PlaceState, Window } from "./window.ts";

/** The plainest way to say what a watermark is: the last place before the first that is not settled. */
class Naive {
  readonly settled: boolean[] = [];

  watermark(): number {
    const first = this.settled.indexOf(false);
    return first < 0 ? this.settled.length : first;
  }
}

const steps = fc.array(
  fc.oneof(fc.constantFrom("append" as const, "page" as const, "front" as const), fc.integer({ min: 0, max: 1_000 })),
  {
    maxLength: 400,
  },
);

test("G2: the watermark never passes an unsettled message, whatever order messages finish in", () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(0, 5, 2 ** 30 - 3), (script, first) => {
      const window = new Window<string>(4, first);
      const naive = new Naive();
      const sequences: number[] = [];
      for (const step of script) {
        if (step === "append") {
          sequences.push(window.append(`m${sequences.length}`));
          naive.settled.push(false);
        } else if (step === "page") {
          const page = [0, 1, 2].map((place) => `m${sequences.length + place}`);
          const from = window.end;
          expect(window.appendAll(page)).toBe(3);
          sequences.push(from, window.after(from), window.after(window.after(from)));
          naive.settled.push(false, false, false);
        } else if (step === "front") {
          // As far as nothing is settled, all at once.
          const from = naive.watermark();
          const next = naive.settled.indexOf(true, from);
          const count = (next < 0 ? naive.settled.length : next) - from;
          naive.settled.fill(true, from, from + count);
          expect(window.settleUntil(sequences[from + count] ?? window.end)).toBe(count);
        } else {
          const open = naive.settled.flatMap((settled, index) => (settled ? [] : [index]));
          if (open.length === 0) continue;
          const index = open[step % open.length] as number;
          naive.settled[index] = true;
          const before = window.base;
          expect(window.settle(sequences[index] as number)).toBe(window.base !== before);
          // Whoever has still to look at the place must see that it is settled, also when the base has passed it.
          expect(window.state(sequences[index] as number)).toBe(PlaceState.settled);
        }
        const watermark = naive.watermark();
        expect(window.size).toBe(sequences.length - watermark);
        expect(window.ahead).toBe(naive.settled.slice(watermark).filter(Boolean).length);
        expect(window.passed).toBe(watermark === 0 ? undefined : `m${watermark - 1}`);
        const states: number[] = [];
        window.forEach((_record, state) => states.push(state));
        expect(states.map((state) => state === PlaceState.settled)).toEqual(naive.settled.slice(watermark));
      }
    }),
    { numRuns: 300 },
  );
});

test("links and states survive growth and the wrap of sequence numbers", () => {
  const window = new Window<number>(4, 2 ** 30 - 4);
  const sequences = Array.from({ length: 20 }, (_, index) => window.append(index));
  sequences.forEach((sequence, index) => window.setLink(sequence, sequences[index + 1] ?? -1));
  for (let index = 0; index < 1_000; index++) window.append(index);
  let at = sequences[0] as number;
  const seen: number[] = [];
  while (at !== -1) {
    seen.push(window.record(at) as number);
    at = window.link(at);
  }
  expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => index));
});
