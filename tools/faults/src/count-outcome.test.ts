import { expect, test } from "vitest";
import { countOutcome } from "./count-outcome.ts";

test("a message that was acknowledged and is not in the topic is lost", () => {
  expect(countOutcome(new Set(["a", "b", "c"]), ["c", "a"])).toEqual({ acknowledged: 3, stored: 2, lost: 1, duplicates: 0 });
});

test("a message that is stored three times is two duplicates, and makes up for none that is lost", () => {
  expect(countOutcome(new Set(["a", "b", "c"]), ["a", "a", "a"])).toEqual({ acknowledged: 3, stored: 3, lost: 2, duplicates: 2 });
});

test("a message that was stored without being acknowledged is neither lost nor a duplicate", () => {
  expect(countOutcome(new Set(["a"]), ["a", "b"])).toEqual({ acknowledged: 1, stored: 2, lost: 0, duplicates: 0 });
});
