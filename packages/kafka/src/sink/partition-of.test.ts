import { expect, test } from "vitest";
import { partitionOf } from "./partition-of.ts";

const write = { topic: "orders", partitionCount: 4, write: 0 };

test.each([99, 4, -1, 0.5, Number.NaN])("T30: partition %d of four is an error of the message, and nothing is sent", (chosen) => {
  expect(partitionOf(() => chosen, { value: null }, write)).toMatchObject({ code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" });
});

test("any partition that the topic has may be chosen", () => {
  expect([0, 3].map((chosen) => partitionOf(() => chosen, { value: null }, write))).toEqual([0, 3]);
});
