import { expect, expectTypeOf, test } from "vitest";
import { parseAddress } from "./address.ts";
import { oneOf, required, text, wholeNumber } from "./option.ts";
import { readOptions } from "./read-options.ts";

const known = { group: required(text()), receivers: wholeNumber(1, 64), order: oneOf("key", "none"), password: text({ secret: true }) };
const form = "queue://host/name?group=name";
const read = (query: string) => readOptions(known, parseAddress(`queue://host/name?${query}`), form);

test("options are read by their kinds, and left out ones have their meaning", () => {
  const values = read("group=charges&receivers=8");
  expect(values).toEqual({ group: "charges", receivers: 8, order: "key" });
  expectTypeOf(values).branded.toEqualTypeOf<{
    readonly group: string;
    readonly order: "key" | "none";
    readonly receivers?: number;
    readonly password?: string;
  }>();
});

test("an unknown option is refused with the nearest known name", () => {
  expect(() => read("group=g&recievers=8")).toThrow('"queue:" has no option "recievers". Did you mean "receivers"?');
  expect(() => read("group=g&xyz=8")).toThrow("It has: group, receivers, order, password.");
});

test("a required option that is missing is named with the form of the URL", () => {
  expect(() => read("receivers=8")).toThrow(`needs the option "group" (a text): ${form}`);
});

test("a value that does not fit is shown beside what would", () => {
  for (const value of ["0", "65", "x", "1.5", ""])
    expect(() => read(`group=g&receivers=${value}`)).toThrow(`a whole number from 1 to 64, which "${value}" is not`);
  expect(() => read("group=g&order=random")).toThrow('"key" or "none"');
});

test("a secret's value is not shown, also when it does not fit", () => {
  const secret = { pin: { ...wholeNumber(0), secret: true } };
  expect(() => readOptions(secret, parseAddress("x:y?pin=hunter2"), "x:y")).toThrow(/^(?!.*hunter2).*its value is not/);
});
