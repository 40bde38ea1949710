import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Header } from "@spillway/spec";
import { packHeaders, traceHeader, unpackHeaders } from "./headers.ts";
import { metaAttribute, readMeta, writeMeta } from "./meta.ts";
import { isSqsText } from "./sqs-text.ts";

const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";

/** The headers as they come back through the attributes of a message. */
function roundTrip(headers: readonly Header[], room = 10): readonly Header[] {
  const packed = packHeaders(headers, room);
  const meta = writeMeta(packed.meta);
  const attributes = Object.entries(packed.attributes).reverse();
  expect(attributes.length + (meta === undefined ? 0 : 1)).toBeLessThanOrEqual(Math.max(room, 1));
  if (meta !== undefined) expect(isSqsText(meta)).toBe(true);
  return unpackHeaders(Object.fromEntries(attributes), packed.trace, meta === undefined ? undefined : readMeta(meta));
}

test("any headers come back in their order, with repetitions, whatever SQS thinks of their names and values", () => {
  const name = fc.oneof(fc.string(), fc.constantFrom("a", "b", "c", "AWS.x", metaAttribute, "ExtendedPayloadSize", traceHeader, "x..y"));
  const value = fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array(), fc.constant(trace));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 14 }), fc.integer({ min: 7, max: 10 }), (headers, room) => {
      expect(roundTrip(headers, room)).toEqual(headers);
    }),
  );
});

test("ordinary headers are attributes, which other consumers can read", () => {
  const { attributes, meta } = packHeaders(
    [
      ["content-type", "application/json"],
      ["signature", Uint8Array.of(1, 0)],
    ],
    10,
  );
  expect(attributes).toEqual({
    "content-type": { DataType: "String", StringValue: "application/json" },
    signature: { DataType: "Binary", BinaryValue: Uint8Array.of(1, 0) },
  });
  expect(writeMeta(meta)).toBeUndefined();
});

test("more headers than SQS has attributes travel in one", () => {
  const headers = Array.from({ length: 11 }, (_, index): Header => [`h${String(index).padStart(2, "0")}`, "v"]);
  expect(packHeaders(headers, 10).attributes).toEqual({});
  expect(roundTrip(headers)).toEqual(headers);
  expect(Object.keys(packHeaders(headers.slice(0, 10), 10).attributes)).toHaveLength(10);
});

test("the attribute that keeps the order of headers takes the place of one of them", () => {
  const headers = Array.from({ length: 10 }, (_, index): Header => [`h${9 - index}`, "v"]);
  expect(packHeaders(headers, 10).attributes).toEqual({});
  expect(Object.keys(packHeaders(headers.slice(1), 10).attributes)).toHaveLength(9);
  expect(roundTrip(headers)).toEqual(headers);
});

test("X-Ray's trace header travels as the system attribute, and is a header again", () => {
  const headers: Header[] = [
    [traceHeader, trace],
    ["b", "1"],
  ];
  expect(packHeaders(headers, 10)).toMatchObject({ trace, attributes: { b: {} } });
  expect(roundTrip(headers)).toEqual(headers);
});

test("attributes of another sender become headers in the order of their names", () => {
  const attributes = {
    z: { DataType: "Number", StringValue: "7" },
    a: { DataType: "String.json", StringValue: "{}" },
    m: { DataType: "Binary", BinaryValue: Uint8Array.of(9) },
  };
  expect(unpackHeaders(attributes, trace, undefined)).toEqual([
    [traceHeader, trace],
    ["a", "{}"],
    ["m", Uint8Array.of(9)],
    ["z", "7"],
  ]);
});
