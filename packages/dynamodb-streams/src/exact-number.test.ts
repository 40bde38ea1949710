import * as fc from "fast-check";
import { expect, test } from "vitest";
import { exactNumber } from "./exact-number.ts";

test.each([
  ["0", 0],
  ["-0", 0],
  ["42", 42],
  ["-7.50", -7.5],
  ["1e3", 1_000],
  ["0.1", 0.1],
  ["9007199254740991", 9_007_199_254_740_991],
  ["9007199254740992", 9_007_199_254_740_992n],
  ["9007199254740993", 9_007_199_254_740_993n],
  ["-9007199254740993", -9_007_199_254_740_993n],
  ["12345678901234567890123456789012345678", 12_345_678_901_234_567_890_123_456_789_012_345_678n],
  ["1E+25", 10n ** 25n],
  ["9007199254740993.5", { decimal: "9007199254740993.5" }],
  ["0.12345678901234567891", { decimal: "0.12345678901234567891" }],
  ["1E-130", 1e-130],
  ["1E+126", { decimal: "1E+126" }],
  ["", { decimal: "" }],
  ["abc", { decimal: "abc" }],
])("%s is read without loss", (text, expected) => {
  expect(exactNumber(text)).toEqual(expected);
});

test("whatever is read says the same number as its text", () => {
  const digits = fc.stringMatching(/^-?[1-9]\d{0,37}(\.\d{0,20})?$/);
  fc.assert(
    fc.property(digits, (text) => {
      const read = exactNumber(text);
      if (typeof read === "object") expect(read.decimal).toBe(text);
      else expect(plain(String(read))).toBe(plain(text));
    }),
  );
});

/** A decimal text without an exponent, a sign of zero or zeros that say nothing. */
function plain(text: string): string {
  const [mantissa = "", power = "0"] = text.toLowerCase().split("e");
  const negative = mantissa.startsWith("-");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const shift = Number(power);
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = digits.padEnd(point, "0").padStart(digits.length - Math.min(point, 0), "0");
  const at = Math.max(point, 0);
  const cut = `${padded.slice(0, at).replace(/^0+/, "")}.${padded.slice(at).replace(/0+$/, "")}`;
  return `${negative ? "-" : ""}${cut}`;
}
