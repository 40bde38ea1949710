import { expect, test } from "vitest";
import { keyText, sqsId } from "./key.ts";

test("equal keys are equal as text, and different ones differ", () => {
  const keys = ["a", "ä", Uint8Array.of(0xff), Uint8Array.of(0xfe), Uint8Array.of(0x62)];
  expect(keys.map(keyText)).toEqual(["a", "ä", "base64:/w==", "base64:/g==", "b"]);
});

test("a text that SQS takes as an id stays itself; any other is hashed", () => {
  expect(sqsId("customer-42/eu")).toBe("customer-42/eu");
  const hashed = ["", "with space", "ä", "x".repeat(129)].map(sqsId);
  expect(hashed.every((id) => /^[A-Za-z0-9_-]{43}$/.test(id))).toBe(true);
  expect(new Set(hashed).size).toBe(4);
});
