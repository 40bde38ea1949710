import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { unpackAggregated } from "./aggregated-record.ts";
import { hashKeyFrom, type HashKey } from "./hash-key.ts";
import { packAggregated } from "./pack-aggregated.ts";

test("user records are packed in the format of the Kinesis Producer Library, byte for byte", () => {
  const user = (partitionKey: string, text: string) => ({ partitionKey, explicitHashKey: undefined, data: Buffer.from(text) });
  const packed = packAggregated([user("k", "v"), user("m", ""), user("k", "w")]);
  // Put together by hand: the table of keys "k" and "m", then a key's index and the data of each record.
  const table = [0x0a, 1, 0x6b, 0x0a, 1, 0x6d];
  const records = [0x1a, 5, 0x08, 0, 0x1a, 1, 0x76, 0x1a, 4, 0x08, 1, 0x1a, 0, 0x1a, 5, 0x08, 0, 0x1a, 1, 0x77];
  const body = Uint8Array.of(...table, ...records);
  const digest = createHash("md5").update(body).digest();
  expect([...packed]).toEqual([0xf3, 0x89, 0x9a, 0xc2, ...body, ...digest]);
});

test("explicit hash keys have a table of their own, in decimal, each once", () => {
  const [zero, most] = [hashKeyFrom("0"), hashKeyFrom("340282366920938463463374607431768211455")];
  const user = (explicitHashKey: HashKey | undefined) => ({ partitionKey: "k", explicitHashKey, data: Buffer.from("v") });
  const packed = packAggregated([user(most), user(undefined), user(zero), user(most)]);
  const digits = [...Buffer.from("340282366920938463463374607431768211455")];
  const table = [0x0a, 1, 0x6b, 0x12, 39, ...digits, 0x12, 1, 0x30];
  const placed = (index: number) => [0x1a, 7, 0x08, 0, 0x10, index, 0x1a, 1, 0x76];
  const body = Uint8Array.of(...table, ...placed(0), 0x1a, 5, 0x08, 0, 0x1a, 1, 0x76, ...placed(1), ...placed(0));
  expect([...packed.subarray(4, -16)]).toEqual([...body]);
  expect(unpackAggregated(packed)?.map(({ explicitHashKey }) => explicitHashKey)).toEqual(
    [digits, undefined, [0x30], digits].map((text) => text && String.fromCharCode(...text)),
  );
});
