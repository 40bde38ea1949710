import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Receipt } from "@spillway/spec";
import { readReceipt, writeReceipt } from "./receipt.ts";

test("a receipt says what it was given", () => {
  const object = fc.option(fc.record({ bucket: fc.string({ unit: "grapheme" }), key: fc.string({ unit: "grapheme" }) }), {
    nil: undefined,
  });
  fc.assert(
    fc.property(fc.string(), fc.nat(), object, (handle, receivedAtMs, location) => {
      const parts = { handle, receivedAtMs, object: location };
      expect(readReceipt(writeReceipt(parts))).toEqual(parts);
    }),
  );
});

test("a text that is no receipt is taken for a handle, for SQS to refuse", () => {
  expect(readReceipt("AQEB+/=" as Receipt)).toEqual({ handle: "AQEB+/=", receivedAtMs: 0, object: undefined });
});
