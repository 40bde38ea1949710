import { expect, test } from "vitest";
import { storedAt } from "./stored-at.ts";

const at = { topic: "orders", partition: 2 };
const stored = { ...at, errorCode: 0, baseOffset: 7 };

test.each([
  ["names no partition", []],
  ["names two", [stored, { ...stored, partition: 3 }]],
  ["names the partition twice", [stored, stored]],
  ["names another partition", [{ ...stored, partition: 3 }]],
  ["names another topic", [{ ...stored, topic: "others" }]],
])("T28: an answer that %s confirms nothing, and the batch is sent again", (_, answers) => {
  expect(() => storedAt(at, answers)).toThrow(expect.objectContaining({ code: "SPILLWAY_RESULT_MISMATCH", failureClass: "transient" }));
});

test("a batch is where the broker says, also when it says that it had it already", () => {
  expect(storedAt(at, [stored])).toBe(7);
  expect(storedAt(at, [{ ...stored, errorCode: 46 }])).toBe(7);
});

test("what the broker refuses is thrown", () => {
  expect(() => storedAt(at, [{ ...stored, errorCode: 10 }])).toThrow(expect.objectContaining({ code: "SPILLWAY_OVERSIZE" }));
});
