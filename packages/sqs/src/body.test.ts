import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readBody, writeBody } from "./body.ts";
import { isSqsText } from "./sqs-text.ts";

const utf8 = new TextEncoder();

test("any bytes come back as they were, in a body that SQS takes", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.string({ unit: "binary" }).map((text) => utf8.encode(text)),
      ),
      (payload) => {
        const body = writeBody(payload);
        expect(isSqsText(body.text)).toBe(true);
        expect(body.bytes).toBe(Buffer.byteLength(body.text));
        expect(readBody(body.text, body.form)).toEqual(payload);
      },
    ),
  );
});

test("text stays text, so that other consumers can read it", () => {
  expect(writeBody(utf8.encode('{"total":3}'))).toEqual({ text: '{"total":3}', bytes: 11, form: undefined });
  expect(writeBody(utf8.encode("ünï\tcode 🌊\r\n"))).toMatchObject({ text: "ünï\tcode 🌊\r\n", form: undefined });
});

test("a byte order mark is part of the payload", () => {
  const payload = Uint8Array.of(0xef, 0xbb, 0xbf, 0x61);
  const body = writeBody(payload);
  expect(readBody(body.text, body.form)).toEqual(payload);
});

test("a tombstone, an empty payload and text that reads like them are four different things", () => {
  const payloads = [null, new Uint8Array(0), utf8.encode("(tombstone)"), utf8.encode("(empty)")];
  const bodies = payloads.map(writeBody);
  expect(bodies.map(({ text, form }) => readBody(text, form))).toEqual(payloads);
  expect(new Set(bodies.map(({ text, form }) => `${form} ${text}`)).size).toBe(4);
});

test("characters that SQS refuses travel as base64", () => {
  for (const text of ["\u0000", "a\u0008", "\ufffe", "\uffff", "\u001f"]) {
    expect(writeBody(utf8.encode(text)).form).toBe("base64");
  }
});
