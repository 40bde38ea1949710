import { expect, test } from "vitest";
import { crc32c } from "./crc32c.ts";

test("the checksum of the standard's example", () => {
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
});

test("bytes before the index do not count", () => {
  expect(crc32c(Buffer.from("xx123456789"), 2)).toBe(0xe3069283);
});
