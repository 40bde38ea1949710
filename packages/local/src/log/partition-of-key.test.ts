import { expect, test } from "vitest";
import { partitionOfKey } from "./partition-of-key.ts";

test("a key has the same partition for ever: these are part of the stored format", () => {
  const keys = ["", "a", "ATL", "ORD", "größe", "a longer key than the others", "0", "1"];
  expect(keys.map((key) => partitionOfKey(key, 1_024))).toEqual([11, 435, 781, 849, 828, 48, 865, 399]);
});

test("text and its bytes are one key", () => {
  expect(partitionOfKey(Buffer.from("größe"), 64)).toBe(partitionOfKey("größe", 64));
});

test("similar keys are spread evenly", () => {
  const counts = new Array<number>(8).fill(0);
  for (let n = 0; n < 8_000; n += 1) {
    const partition = partitionOfKey(`key-${n}`, 8);
    counts[partition] = (counts[partition] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(150);
});
