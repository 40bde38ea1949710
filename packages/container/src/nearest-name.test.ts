import { expect, test } from "vitest";
import { nearestName } from "./nearest-name.ts";

test("the nearest name is found over typing errors", () => {
  const known = ["group", "visibilityTimeoutMs", "receivers"];
  expect(nearestName("gruop", known)).toBe("group");
  expect(nearestName("visibilityTimeout", known)).toBe("visibilityTimeoutMs");
  expect(nearestName("RECEIVERS", known)).toBe("receivers");
});

test("a name that is like none has no nearest", () => {
  expect(nearestName("partition", ["group", "order"])).toBeUndefined();
  expect(nearestName("x", [])).toBeUndefined();
});
