import { expect, test } from "vitest";
import { decodeMetadata, encodeMetadata } from "./commit-metadata.ts";

const topicId = "x_rHq8SvTfCYqOlS-Rr7Rw";

test("everything that is written is read again", () => {
  const metadata = { topicId, held: true, fresh: false, done: [12, 13, 40], attempting: { offset: 11, crashes: 2 } };
  expect(decodeMetadata(10, encodeMetadata(10, metadata))).toEqual({ origin: "own", metadata });
});

test("a partition that was given back before anything was saved says both", () => {
  const metadata = { topicId: undefined, held: false, fresh: true, done: [], attempting: undefined };
  expect(encodeMetadata(7, metadata)).toBe("spillway/1 free new");
  expect(decodeMetadata(7, "spillway/1 free new")).toEqual({ origin: "own", metadata });
});

test("the format is the one that is documented", () => {
  const metadata = { topicId, held: true, fresh: false, done: [6, 8], attempting: { offset: 5, crashes: 1 } };
  expect(encodeMetadata(5, metadata)).toBe(`spillway/1 held t=${topicId} a=0.1 d=bCg`);
});

test("no metadata is nobody's", () => {
  expect(decodeMetadata(0, "")).toEqual({ origin: "none" });
});

test.each([
  "hello",
  "spillway/2 held",
  "spillway/1 maybe",
  "spillway/1 held q=1",
  "spillway/1 held t=short",
  "spillway/1 held d=x!",
  '{"v":1}',
  "bAAAA",
])("%s is foreign, and so means replay", (text) => {
  expect(decodeMetadata(0, text)).toEqual({ origin: "foreign" });
});

test("T37: whatever is done, the metadata is within the broker's limit", () => {
  const done = Array.from({ length: 18_000 }, (_, index) => 1 + index).filter((offset) => offset % 3 !== 0 || offset % 7 === 0);
  const text = encodeMetadata(1, { topicId, held: true, fresh: false, done, attempting: { offset: 999_999_999, crashes: 99 } });
  expect(text.length).toBeLessThanOrEqual(4_096);
});
