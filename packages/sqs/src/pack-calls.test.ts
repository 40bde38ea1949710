import * as fc from "fast-check";
import { expect, test } from "vitest";
import { packCalls } from "./pack-calls.ts";

test("calls hold at most ten items and no more bytes than the limit, and every item once, in order", () => {
  const items = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 100 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(items, (all) => {
      const calls = packCalls(all, 100);
      expect(calls.flat()).toEqual(all);
      for (const call of calls) {
        expect(call.length).toBeLessThanOrEqual(10);
        expect(call.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(100);
      }
    }),
  );
});

test("small messages fill their calls", () => {
  const all = Array.from({ length: 25 }, () => ({ bytes: 1 }));
  expect(packCalls(all, 1_000).map((call) => call.length)).toEqual([10, 10, 5]);
});
